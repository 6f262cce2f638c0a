"""Nodes that talk to each other, one dialogue after another."""

import pytest
from agentmesh_relay.cluster.directory import SILENT_SECONDS
from agentmesh_relay.cluster.waiting import ANSWER_SECONDS
from agentmesh_relay.neighbours import Forwarded

from agentmesh.protocol.ids import FrameId
from agentmesh.protocol.relay_frames import Acked, PresenceResponse, Sent
from tests.support.letters import ALICE, BOB, sends
from tests.support.nodes import Air, Node, nothing, second
from tests.support.world import FakeClock

FORWARDED = Sent(id=FrameId("1"), outcome="forwarded")
OWES = (1.0, 2.0, 0.0, 0.0, 0.0)


async def test_a_letter_goes_to_the_node_that_has_its_recipient_and_its_answer_comes_back(
    air: Air, east: Node, west: Node
) -> None:
    west.node.enter(BOB, nothing)
    await air.carry()
    answers: list[Sent | Forwarded | None] = []
    assert east.node.offer(sends(1), answers.append)
    await air.carry()
    ((taken, say),) = west.house.offers
    assert taken == sends(1)
    assert answers == []  # that node has not said yet what became of it
    say(FORWARDED)
    await air.carry()
    assert answers == [FORWARDED]


async def test_sends_that_go_together_are_answered_together_or_one_by_one(
    air: Air, east: Node, west: Node
) -> None:
    west.node.enter(BOB, nothing)
    await air.carry()
    answers: list[Sent | Forwarded | None] = []
    for frame_id in (1, 3):
        east.node.offer(sends(frame_id, frame_id + 1), answers.append)
    await air.carry()
    (_, say), (_, say_each) = west.house.offers
    say(Forwarded())
    kept = [Sent(id=FrameId(frame_id), outcome="queued") for frame_id in ("4", "3")]
    for answer in kept:
        say_each(answer)
    await air.carry()
    say_each(kept[0])  # once more than there were sends
    await air.carry()
    assert answers == [Forwarded(), *kept]


async def test_more_than_goes_into_a_post_is_not_offered_together(
    air: Air, east: Node, west: Node
) -> None:
    west.node.enter(BOB, nothing)
    await air.carry()
    assert not east.node.offer(sends(*range(4), body=bytes(90_000)), pytest.fail)
    assert east.node.offer(sends(1, body=bytes(90_000)), lambda _: None)


async def test_many_words_of_a_turn_are_one_post(air: Air, east: Node, west: Node) -> None:
    west.node.enter(BOB, nothing)
    await air.carry()
    for number in range(50):
        east.node.offer(sends(number), lambda _: None)
    await air.carry()
    assert [it.sends[0].id for it, _ in west.house.offers] == [str(it) for it in range(50)]


async def test_for_whom_no_node_has_nothing_is_passed_on(air: Air, east: Node, west: Node) -> None:
    assert not east.node.offer(sends(1), pytest.fail)
    assert not east.node.ask(ALICE, BOB, pytest.fail)
    east.node.tell(BOB, Acked(ids=()))
    await air.carry()
    assert west.house.acked == []


async def test_acknowledgements_and_presence_go_across(air: Air, east: Node, west: Node) -> None:
    west.node.enter(BOB, nothing)
    await air.carry()
    told: list[PresenceResponse | None] = []
    assert east.node.ask(ALICE, BOB, told.append)
    east.node.tell(BOB, Acked(ids=(FrameId("1"),)))
    await air.carry()
    assert told == [PresenceResponse(amid=BOB, status="online")]
    assert west.house.acked == [(BOB, Acked(ids=(FrameId("1"),)))]


async def test_what_is_for_a_node_that_is_gone_is_given_up_at_once(
    air: Air, east: Node, west: Node
) -> None:
    west.node.enter(BOB, nothing)
    await air.carry()
    answers: list[Sent | Forwarded | None] = []
    west.link.is_up = False
    assert east.node.offer(sends(1), answers.append)
    await air.carry()
    assert answers == [None]
    assert not east.node.offer(sends(2), pytest.fail)


async def test_what_a_silent_node_had_is_given_up_after_some_seconds(
    air: Air, clock: FakeClock, east: Node, west: Node
) -> None:
    west.node.enter(BOB, nothing)
    await air.carry()
    answers: list[Sent | Forwarded | None] = []
    west.link.listeners = dict.fromkeys(west.link.listeners, lambda _: None)
    assert east.node.offer(sends(1), answers.append)
    for _ in range(int(max(SILENT_SECONDS, ANSWER_SECONDS))):
        await second(air, clock, east)
    assert answers == [None]
    assert east.node.directory.nodes() == []
    assert not east.node.offer(sends(2), pytest.fail)


async def test_a_node_that_goes_says_so(air: Air, east: Node, west: Node) -> None:
    west.node.enter(BOB, nothing)
    await air.carry()
    west.node.part()
    await air.carry()
    assert east.node.directory.nodes() == []
    assert len(east.node.directory) == 0


async def test_without_nats_nothing_waits(air: Air, east: Node, west: Node) -> None:
    west.node.enter(BOB, nothing)
    await air.carry()
    answers: list[Sent | Forwarded | None] = []
    east.node.offer(sends(1), answers.append)
    east.link.fall()
    assert answers == [None]
    assert not east.node.offer(sends(2), pytest.fail)
    assert east.node.trouble() == "nats_unreachable"
    east.node.enter(BOB, lambda: answers.append(FORWARDED))
    assert answers == [None, FORWARDED]


async def test_nodes_of_another_name_are_not_joined_and_readiness_says_so(
    air: Air, clock: FakeClock, east: Node
) -> None:
    other = Node(air, "other", clock, origin="ws://other.example")
    other.node.enter(BOB, nothing)
    await air.carry()
    assert east.node.trouble() == "origin_differs"
    assert not east.node.offer(sends(1), pytest.fail)


async def test_what_is_no_post_is_dropped(
    air: Air, east: Node, caplog: pytest.LogCaptureFixture
) -> None:
    air.said.append((east.link, "agentmesh.node.all", b"\xc1secret", ""))
    await air.carry()
    assert "post.dropped code=post_malformed" in caplog.text
    assert "secret" not in caplog.text
