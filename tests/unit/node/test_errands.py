"""Saved effects run until they are done: growing pauses, restarts."""

import asyncio

import pytest
import uvloop

from agentmesh.errors import AgentMeshError, StorageError, TransportError
from agentmesh.node.comebacks import COMEBACK_SECONDS, REFUSED_SECONDS
from agentmesh.node.entries import Entry
from agentmesh.node.errands import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    LONGEST_UNREACHED,
    Again,
    Errands,
)
from agentmesh.node.runners import PATIENCE
from agentmesh.node.turn import Turn
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.relay_frames import Send, Sent
from agentmesh.session.effects import EmitOnce
from agentmesh.storage.interface import ErrandRow, Put
from agentmesh.storage.volatile import VolatileStore
from tests.support.dialogue import owed
from tests.support.node import RELAY
from tests.support.node_pair import Pair, node_at
from tests.support.parties import party
from tests.support.stores import BOB, NOW, ONE, errand
from tests.support.world import FakeClock, FakeEntropy


def _errands(store: VolatileStore | None = None) -> Errands:
    return Errands(store or VolatileStore(), FakeClock(), FakeEntropy())


@pytest.mark.parametrize(
    ("again", "bound"),
    [(Again(), LONGEST_PAUSE), (Again(unreached=RELAY), LONGEST_UNREACHED)],
)
async def test_pauses_grow_to_a_bound_and_are_jittered(again: Again, bound: float) -> None:
    errands = _errands()
    pauses = [errands._pause(again, attempt) for attempt in range(1, 40)]
    for attempt, pause in enumerate(pauses):
        longest = min(FIRST_PAUSE * 2**attempt, bound)
        assert longest / 2 <= pause <= longest
    assert len(set(pauses)) == len(pauses)


async def test_what_the_relay_did_not_take_is_offered_again(pair: Pair) -> None:
    pair.wire.is_up = False
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("queued", "relay_unreachable")
    pair.wire.is_up = True
    await pair.later(FIRST_PAUSE + 1)
    assert await pair.high.texts() == ["hello"]


async def test_what_the_peer_did_not_confirm_is_offered_again_with_the_same_bytes(
    pair: Pair,
) -> None:
    pair.wire.loses = lambda frame: frame.message_type == "message"
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    await pair.later(40)
    await pair.later(80)
    offered = [frame for _, frame in pair.wire.carried if frame.message_type == "message"]
    assert len(offered) == 3
    assert len({(frame.id, frame.encrypted_payload) for frame in offered}) == 1
    pair.wire.loses = lambda _: False
    await pair.reconnect()
    assert await pair.high.texts() == ["hello"]


async def test_after_a_reconnect_pauses_are_short_again(pair: Pair) -> None:
    pair.wire.is_up = False
    await pair.low.say(pair.high, "hello")
    for _ in range(10):
        await pair.later(LONGEST_PAUSE)
    pair.wire.is_up = True
    left = ["knock"]
    pair.wire.loses = lambda frame: frame.message_type in left and not left.clear()  # type: ignore[func-returns-value]
    await pair.reconnect()
    assert await pair.high.texts() == []
    await pair.later(PATIENCE)
    assert await pair.high.texts() == ["hello"]


async def _not_looked_up(pair: Pair) -> None:
    """Let what is said wait for a registry that does not answer for long."""
    pair.low.directory.fails_with = TransportError("registry_unreachable")
    await pair.low.say(pair.high, "hello")
    for _ in range(10):
        await pair.later(LONGEST_PAUSE)


async def test_after_a_reconnect_pauses_of_lookups_are_short_again(pair: Pair) -> None:
    """The registry may not be there yet: a relay on its machine was up a moment sooner."""
    await _not_looked_up(pair)
    await pair.reconnect()
    pair.low.directory.fails_with = None
    await pair.later(FIRST_PAUSE)
    assert await pair.high.texts() == ["hello"]


async def test_a_registry_that_answers_again_is_asked_at_once_but_not_always(pair: Pair) -> None:
    await _not_looked_up(pair)
    asked = len(pair.low.directory.asked)
    for _ in range(3):
        pair.low.errands.registry_is_there()
        await pair.later(1)
    once = len(pair.low.directory.asked) - asked
    assert 0 < once <= 2  # the record and the keys
    pair.low.directory.fails_with = None
    await pair.later(COMEBACK_SECONDS)
    assert await pair.high.texts() == ["hello"]


@pytest.mark.parametrize("lost", ["knock", "accept", "message", "receipt"])
async def test_whatever_is_lost_once_comes_with_the_next_try(pair: Pair, lost: str) -> None:
    left = [lost]
    pair.wire.loses = lambda frame: frame.message_type in left and not left.clear()  # type: ignore[func-returns-value]
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    await pair.later(60)
    await pair.later(120)
    assert await pair.high.texts() == ["hello"]
    assert (await pair.low.fate_of(said))[0] == "delivered"


async def test_errands_go_on_after_a_restart(pair: Pair) -> None:
    pair.wire.is_up = False
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    await pair.low.stop()
    pair.wire.is_up = True
    again = await node_at(pair.wire, "alice", pair.clock, pair.shelf, pair.low.store)
    if again.amid != pair.low.amid:
        again = await node_at(pair.wire, "bob", pair.clock, pair.shelf, pair.low.store)
    await again.start()
    pair.low = again
    await pair.settle()
    assert await pair.high.texts() == ["hello"]
    assert (await pair.low.fate_of(said))[0] == "delivered"


async def _run(errands: Errands, row: ErrandRow) -> Entry | None:
    """Run one errand once, and return how it waits now."""
    errands.hold()
    errands._add(row, [])
    await errands._run(errands._entries[row.errand_id])
    return errands._entries.get(row.errand_id)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TransportError("relay_unreachable"), "relay_unreachable"),
        (AgentMeshError("something_else"), "something_else"),
        (KeyError("oops"), "internal_error"),
    ],
)
async def test_an_errand_that_fails_waits_and_says_why(error: Exception, reason: str) -> None:
    async def fails(_: ErrandRow) -> None:
        raise error

    errands = _errands()
    errands.employ({"emit": fails}, _nobody)
    entry = await _run(errands, errand("one"))
    assert entry is not None
    assert (entry.attempts, entry.reason) == (1, reason)
    assert errands.reason(entry.session_id) == reason
    assert errands.reason(SessionId("another")) == ""


async def _nobody(_: Amid, __: EmitOnce) -> None:
    raise AssertionError("not asked for")


async def test_a_done_errand_is_forgotten_even_if_the_store_fails() -> None:
    class Failing(VolatileStore):
        async def commit(self, changes: object) -> None:
            raise StorageError("disk_full")

    async def done(_: ErrandRow) -> None:
        return None

    errands = _errands(Failing())
    errands.employ({"emit": done}, _nobody)
    assert await _run(errands, errand("one")) is None


async def test_an_errand_that_was_dropped_from_the_store_is_not_run() -> None:
    runs: list[ErrandRow] = []

    async def again(row: ErrandRow) -> Again:
        runs.append(row)
        return Again(after=1)

    store = VolatileStore()
    await store.commit([Put(errand("one"))])
    errands = _errands(store)
    errands.employ({"emit": again}, _nobody)
    entry = await _run(errands, errand("one"))
    assert entry is not None
    await errands._run(entry)
    assert len(runs) == 2
    store._shelves.errands.clear()
    await errands._run(entry)
    assert len(runs) == 2
    assert errands._entries == {}


async def test_what_found_no_room_is_offered_again_when_the_peer_shows_itself(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()

    def is_full(frame: Send) -> Sent | None:
        if frame.message_type != "message" or frame.to != pair.high.amid:
            return None
        return Sent(id=frame.id, outcome="refused", code="MAILBOX_FULL", retry_after_seconds=30)

    pair.wire.answer = is_full
    await pair.low.say(pair.high, "are you there?")
    await pair.settle()
    pair.wire.answer = lambda _: None
    await pair.later(REFUSED_SECONDS)
    assert await pair.high.texts() == ["hello"]
    await pair.high.say(pair.low, "here I am")
    await pair.settle()
    assert await pair.high.texts() == ["hello", "are you there?"]


@pytest.mark.parametrize(("is_told", "left"), [(True, 0), (False, 1)])
async def test_a_turn_says_which_receipts_its_messages_tell(is_told: bool, left: int) -> None:
    errands = _errands()
    turn = Turn.start(BOB, {}, party("alice", FakeClock()).ring)
    turn.sheet.receipted |= {ONE} if is_told else set()
    async with errands:
        errands._owing.owe(BOB, ONE, owed())
        errands.take(turn)
        assert len(errands._owing) == left
    assert not len(errands._owing)


async def test_what_a_turn_wants_after_the_end_is_left_to_the_next_start() -> None:
    """Sessions may end, by an emergency stop, while the daemon does."""
    store = VolatileStore()
    errands = _errands(store)
    async with errands:
        pass
    turn = Turn.start(BOB, {}, party("alice", FakeClock()).ring)
    turn.sheet.once[ONE, "reject"] = EmitOnce("reject", b"")
    turn.sheet.receipts[ONE] = owed()
    errands.take(turn)
    assert len(errands._tasks) == 0


def test_the_daemons_loop_is_asked_for_less_than_its_clock_tells_apart() -> None:
    """Where it is so soon, what uvloop returns is no timer."""

    async def looking() -> None:
        async with _errands() as errands:
            for seconds in (0.0001, 0.0002, 0.00005):
                errands._look_again(seconds)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(looking())


async def test_a_frame_that_is_sent_once_may_fail() -> None:
    errands = _errands()
    await errands._run_once(BOB, EmitOnce("reject", b""))
    for error in (TransportError("relay_unreachable"), KeyError("oops")):

        async def fails(_: Amid, __: EmitOnce, error: Exception = error) -> None:
            raise error

        errands.employ({}, fails)
        await errands._run_once(BOB, EmitOnce("reject", b""))


async def test_settling_waits_for_a_first_offer_only() -> None:
    errands = _errands()
    await errands.settle(0)
    errands._add(errand("one", kind="message", created_at=NOW), [])
    errands._entries["one"].attempts = 1
    await errands.settle(5)


async def test_what_is_held_begins_nothing_and_goes_on_when_told(pair: Pair) -> None:
    pair.low.errands.hold()
    await pair.low.say(pair.high, "hello")
    await pair.later(600)
    assert pair.wire.carried == []
    pair.low.errands.go_on()
    await pair.settle()
    assert await pair.high.texts() == ["hello"]
