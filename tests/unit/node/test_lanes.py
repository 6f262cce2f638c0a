"""What waits for its turn: neighbours that want the same go together."""

from collections import deque

import pytest

from agentmesh.errors import IntegrityError, TransportError
from agentmesh.node import lanes
from agentmesh.node.lanes import Lane, Waiting, fail, next_batch, spare, together
from agentmesh.node.turn import Talk, Wish
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.protocol.limits import MAX_IN_FLIGHT
from agentmesh.session.events import Saying
from agentmesh.session.states import Ended, Terms
from tests.support.parties import party
from tests.support.session_kinds import open_state, talking
from tests.support.world import FakeClock

ONE_ID = SessionId("s")
ONE, OTHER = (Wish(intent=Intent(category=it), request=SessionRequest()) for it in ("a", "b"))


async def test_neighbours_with_the_same_wish_go_together_and_the_order_stays() -> None:
    batch = [Waiting(wish=wish) for wish in (ONE, ONE, OTHER, None, None, ONE)]
    assert together(batch) == [batch[:2], [batch[2]], [batch[3]], [batch[4]], [batch[5]]]


async def test_a_turn_takes_so_many_jobs_and_not_many_more_messages() -> None:
    saying = Saying(message_id=MessageId("m"), type="text", payload=b"", timestamp=0)
    large = deque(Waiting(wish=ONE, sayings=(saying,) * 200) for _ in range(5))
    small = deque([Waiting() for _ in range(300)])
    assert [len(next_batch(large)) for _ in range(3)] == [3, 2, 0]
    assert [len(next_batch(small)) for _ in range(2)] == [256, 44]


async def test_a_bug_of_ours_is_told_as_one() -> None:
    ours, theirs = Waiting(wish=ONE), Waiting(wish=ONE)
    fail(ours, KeyError("oops"))
    fail(theirs, TransportError("peer_busy"))
    fail(theirs, TransportError("another"))
    with pytest.raises(IntegrityError, match="A bug of ours"):
        await ours.done
    with pytest.raises(TransportError, match="peer_busy"):
        await theirs.done


async def test_who_was_idle_longest_gives_room_and_who_is_at_work_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lanes, "MAX_TALKS", 4)
    terms = Terms(
        session_id=SessionId("s"),
        peer=Amid("x"),
        ours=True,
        intent=Intent(category="a"),
        request=SessionRequest(),
    )
    talk = Talk(Ended(terms=terms, reason="completed", by_peer=True), 0, 0)
    full = [Lane(Amid(it), talks={SessionId(n): talk for n in "ab"}) for it in "vwxyz"]
    full[0].is_busy = True
    full[2].waiting.append(Waiting(wish=ONE))
    assert spare(full, besides=full[4]) == [full[1], full[3]]
    assert spare(full[:2], besides=full[1]) == []


async def test_a_lane_is_idle_when_nothing_waits() -> None:
    lane = Lane(Amid("x"))
    assert lane.is_idle
    lane.waiting.append(Waiting(wish=ONE))
    assert not lane.is_idle


async def test_a_lane_tells_whether_messages_wait_for_room() -> None:
    clock = FakeClock()
    alice, _ = talking(party("alice", clock), party("bob", clock), "conversation", "1")
    lane = Lane(alice.state.terms.peer)
    assert not lane.is_holding
    lane.talks = {ONE_ID: Talk(open_state(alice), 0, 0)}
    assert not lane.is_holding
    alice.send(*["x"] * (MAX_IN_FLIGHT + 1))
    lane.talks = {ONE_ID: Talk(open_state(alice), 0, 0)}
    assert lane.is_holding
