"""Nodes that talk to each other, one dialogue after another."""

from collections.abc import Callable

import pytest
from agentmesh_relay.cluster.directory import SILENT_SECONDS
from agentmesh_relay.cluster.node import RELEASE_SECONDS
from agentmesh_relay.cluster.waiting import ANSWER_SECONDS
from agentmesh_relay.neighbours import Forwarded
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import Acked, PresenceResponse, Sent
from tests.support.letters import ALICE, BOB, CAROL, sends
from tests.support.nodes import Air, Node
from tests.support.world import FakeClock

FORWARDED = Sent(id=FrameId("1"), outcome="forwarded")
OWES = (1.0, 2.0, 0.0, 0.0, 0.0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def air() -> Air:
    return Air()


@pytest.fixture
def east(air: Air, clock: FakeClock) -> Node:
    return Node(air, "east", clock)


@pytest.fixture
def west(air: Air, clock: FakeClock) -> Node:
    return Node(air, "west", clock)


async def second(air: Air, clock: FakeClock, *nodes: Node) -> None:
    """Let a second pass."""
    clock.advance(1)
    for node in nodes:
        node.node.look()
    await air.carry()


def nothing() -> None:
    """Do nothing."""


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


async def test_an_agent_that_comes_to_another_node_leaves_the_first_with_what_it_owes(
    air: Air, east: Node, west: Node
) -> None:
    east.node.enter(BOB, nothing)
    east.house.debts[BOB] = OWES
    await air.carry()
    entered: list[str] = []
    west.node.enter(BOB, lambda: entered.append("bob"))
    assert entered == []  # the other node has it still
    await air.carry()
    assert (entered, east.house.displaced) == (["bob"], [BOB])
    assert west.house.debts[BOB] == OWES
    assert east.node.directory.where(BOB) == "west"
    assert west.node.directory.where(BOB) is None


async def test_an_agent_that_the_other_node_has_no_more_is_let_in_as_soon_as_it_says_so(
    air: Air, east: Node, west: Node
) -> None:
    east.node.enter(BOB, nothing)
    await air.carry()
    east.house.debts[BOB] = OWES
    east.node.leave(BOB, ())  # the word of it and the agent are under way at once
    entered: list[str] = []
    west.node.enter(BOB, lambda: entered.append("bob"))
    await air.carry()
    assert entered == ["bob"]
    assert west.house.debts[BOB] == OWES


async def test_an_agent_waits_for_a_node_that_says_nothing_but_not_for_long(
    air: Air, clock: FakeClock, east: Node, west: Node
) -> None:
    east.node.enter(BOB, nothing)
    await air.carry()
    east.link.is_up = False
    entered: list[str] = []
    west.node.enter(BOB, lambda: entered.append("bob"))
    for _ in range(int(RELEASE_SECONDS)):
        assert entered == []
        await second(air, clock, west)
    assert entered == ["bob"]


async def test_of_two_nodes_that_are_entered_at_once_one_keeps_the_agent(
    air: Air, east: Node, west: Node
) -> None:
    east.node.enter(BOB, nothing)
    west.node.enter(BOB, nothing)
    await air.carry()
    assert east.house.displaced + west.house.displaced == [BOB]
    assert east.node.is_here(BOB) != west.node.is_here(BOB)


async def test_a_node_that_comes_later_learns_who_is_there(
    air: Air, clock: FakeClock, east: Node
) -> None:
    for number in range(4500):
        east.node.enter(Amid(f"agent{number}"), nothing)
    await air.carry()
    late = Node(air, "late", clock)
    await second(air, clock, east, late)
    assert len(late.node.directory) == 4500


async def test_news_that_were_missed_are_asked_for(
    air: Air, clock: FakeClock, east: Node, west: Node
) -> None:
    await second(air, clock, east, west)
    west.link.is_up = False
    east.node.enter(BOB, nothing)
    east.node.enter(CAROL, nothing)
    east.node.leave(CAROL, ())
    await air.carry()
    west.link.is_up = True
    for _ in range(3):
        await second(air, clock, east, west)
    assert west.node.directory.where(BOB) == "east"
    assert west.node.directory.where(CAROL) is None


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


async def test_an_agent_that_came_in_at_both_while_nats_was_away_ends_at_the_later_one(
    air: Air, clock: FakeClock, east: Node, west: Node
) -> None:
    await second(air, clock, east, west)
    for node in (east, west):
        node.link.fall()
        clock.advance(0.5)
        node.node.enter(BOB, nothing)
    await air.carry()
    for node in (east, west):
        node.link.rise()
    for _ in range(3):
        await second(air, clock, east, west)
    assert (east.house.displaced, west.house.displaced) == ([BOB], [])
    assert east.node.directory.where(BOB) == "west"


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


Step = tuple[str, str]
STEPS = st.lists(
    st.tuples(st.sampled_from(["enter", "leave", "second", "fall", "rise"]), st.sampled_from("ew")),
    max_size=30,
)


@given(STEPS)
@settings(max_examples=40, deadline=None)
async def test_whatever_happens_in_the_end_one_node_has_the_agent_and_the_other_knows(
    steps: list[Step],
) -> None:
    air, clock = Air(), FakeClock()
    nodes = {"e": Node(air, "east", clock), "w": Node(air, "west", clock)}
    does: dict[str, Callable[[Node], None]] = {
        "enter": lambda node: node.node.enter(BOB, nothing),
        "leave": lambda node: node.node.leave(BOB, ()),
        "fall": lambda node: node.link.fall(),
        "rise": lambda node: node.link.rise(),
    }
    for step, name in steps:
        if step == "second":
            await second(air, clock, *nodes.values())
        else:
            does[step](nodes[name])
    for node in nodes.values():
        node.link.rise()
    for _ in range(4):
        await second(air, clock, *nodes.values())
    here = {name: node.node.is_here(BOB) for name, node in nodes.items()}
    assert sum(here.values()) <= 1
    assert nodes["e"].node.directory.where(BOB) == ("west" if here["w"] else None)
    assert nodes["w"].node.directory.where(BOB) == ("east" if here["e"] else None)
