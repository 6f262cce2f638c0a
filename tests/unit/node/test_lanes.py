"""What waits for its turn: neighbours that want the same go together."""

import asyncio
from collections import deque

import pytest

from agentmesh.errors import IntegrityError, TransportError
from agentmesh.node import lanes
from agentmesh.node.lanes import Lane, Waiting, fail, next_batch, spare, together
from agentmesh.node.turn import Talk, Turn, Wish
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.protocol.limits import MAX_IN_FLIGHT
from agentmesh.session.events import Saying
from agentmesh.session.states import Ended, Terms
from tests.support.parties import party
from tests.support.session_kinds import open_state, talking
from tests.support.world import FakeClock

ONE_ID, OTHER_ID = SessionId("s"), SessionId("t")
LONG = 3600.0
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


def lane_after(said: int) -> Lane:
    """Return a lane with one session, in which so many messages were said."""
    clock = FakeClock()
    alice, _ = talking(party("alice", clock), party("bob", clock), "conversation", "1")
    alice.send(*["x"] * said)
    state = open_state(alice)
    return Lane(state.terms.peer, talks={ONE_ID: Talk(state, 0, 0)})


async def test_a_lane_tells_whether_messages_wait_for_room() -> None:
    assert not Lane(Amid("x")).is_holding
    assert not lane_after(0).is_holding
    assert lane_after(MAX_IN_FLIGHT + 1).is_holding


async def test_a_lane_holds_what_no_session_has_room_for() -> None:
    assert not Lane(Amid("x")).would_hold
    assert not lane_after(MAX_IN_FLIGHT - 2).would_hold
    lane = lane_after(MAX_IN_FLIGHT)
    assert lane.would_hold
    (roomy,) = (lane_after(0).talks or {}).values()
    assert not Lane(lane.peer, talks={**(lane.talks or {}), OTHER_ID: roomy}).would_hold


async def test_what_would_be_held_waits_for_a_receipt_that_is_likely() -> None:
    lane = lane_after(MAX_IN_FLIGHT)
    lane.put(Waiting(wish=ONE), is_receipt=False)
    await lane.wait_for_receipt(LONG)  # none has come so far: none is likely
    lane.put(Waiting(job=_look), is_receipt=True)
    await lane.wait_for_receipt(LONG)  # there it is
    lane.waiting.clear()
    lane.put(Waiting(wish=ONE), is_receipt=False)
    waits = asyncio.ensure_future(lane.wait_for_receipt(LONG))
    await asyncio.sleep(0.01)
    assert not waits.done()
    lane.put(Waiting(job=_look), is_receipt=True)
    await waits
    assert lane.expects_receipt


async def test_who_waited_for_a_receipt_in_vain_waits_no_more() -> None:
    lane = lane_after(MAX_IN_FLIGHT)
    lane.expects_receipt = True
    lane.put(Waiting(wish=ONE), is_receipt=False)
    await lane.wait_for_receipt(0.01)
    await lane.wait_for_receipt(LONG)


async def test_where_there_is_much_room_nobody_waits_for_a_receipt() -> None:
    lane = lane_after(0)
    lane.expects_receipt = True
    lane.put(Waiting(wish=ONE), is_receipt=False)
    await lane.wait_for_receipt(LONG)


async def _look(_: Turn) -> None:
    pass
