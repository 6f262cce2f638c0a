"""What is held is remembered as the store has it, whatever happens to it."""

import asyncio
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from agentmesh.crypto import session_cipher
from agentmesh.errors import AgentMeshError, StorageError
from agentmesh.messages.body import Body
from agentmesh.messages.payloads import Priority
from agentmesh.messages.strict_json import write_json
from agentmesh.node import held
from agentmesh.node.guard.silencing import silence
from agentmesh.node.turn import Turn
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.limits import MAILBOX_SECONDS
from agentmesh.session.events import Close
from agentmesh.session.numbers import Numbers
from agentmesh.session.states import Open
from agentmesh.storage.interface import OutgoingRow
from tests.support.node import CHAT
from tests.support.node_pair import Pair, node_pair

WINDOW = 10
OPS = ("up", "down", "close", "expire", "silence", "disk", "another peer")


class Reads:
    """A store that counts how often what is held is read; its commits fail while `is_broken`."""

    def __init__(self, store: object) -> None:
        self._store = store
        self.count = 0
        self.is_broken = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def held(self, session_id: object) -> object:
        self.count += 1
        return await self._store.held(session_id)  # type: ignore[attr-defined]

    async def commit(self, changes: object) -> None:
        if self.is_broken:
            raise StorageError("disk_full")
        await self._store.commit(changes)  # type: ignore[attr-defined]


@pytest.fixture
def reads(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Reads:
    monkeypatch.setattr(session_cipher, "MAX_IN_FLIGHT", WINDOW)
    return counted(pair)


def counted(pair: Pair) -> Reads:
    reads = Reads(pair.low.store)
    pair.low.talks._store = pair.low.talks._held._store = reads  # type: ignore[assignment]
    return reads


async def say(pair: Pair, *texts: str, priority: Priority = "normal") -> None:
    bodies = [Body("text", write_json(text), priority) for text in texts]
    await pair.low.outbox.say(pair.high.amid, bodies, CHAT)


async def is_as_kept(pair: Pair) -> bool:
    """Whether all that is remembered is what the store has, in its order."""
    for session_id, pile in pair.low.talks._held._piles.items():
        if list(pile.rows.values()) != await pair.low.store.held(session_id):
            return False
        if pile.size != sum(len(row.body) for row in pile.rows.values()):
            return False
    return True


async def test_what_a_session_begins_with_is_not_read_again(pair: Pair, reads: Reads) -> None:
    pair.wire.is_up = False
    await say(pair, "one", "two")
    await pair.settle()
    assert await is_as_kept(pair)
    await pair.reconnect()
    await pair.settle()
    assert await pair.high.texts() == ["one", "two"]
    assert reads.count == 0


async def test_what_is_held_is_read_once_and_said_in_its_order(pair: Pair, reads: Reads) -> None:
    await say(pair, "hello")
    await pair.settle()
    texts = [f"text {number}" for number in range(8 * WINDOW)]
    await say(pair, *texts)
    await pair.settle()
    assert await pair.high.texts() == ["hello", *texts]
    assert reads.count == 0


async def test_the_urgent_still_goes_first(pair: Pair, reads: Reads) -> None:
    await say(pair, "hello")
    await pair.settle()
    pair.wire.is_up = False
    await say(pair, *(f"text {number}" for number in range(2 * WINDOW)))
    await say(pair, "urgent", priority="urgent")
    await pair.reconnect()
    await pair.settle()
    assert (await pair.high.texts())[WINDOW + 1] == "urgent"
    assert reads.count == 0


async def test_what_a_turn_has_said_already_is_not_said_twice_and_hides_nothing(
    pair: Pair, reads: Reads
) -> None:
    await say(pair, "hello")
    await pair.settle()
    pair.wire.is_up = False
    await say(pair, *(f"text {number}" for number in range(3 * WINDOW)))
    (session,) = await pair.low.store.sessions()
    rows = await pair.low.store.held(session.session_id)

    async def job(turn: Turn) -> None:
        first, second, *rest = rows
        turn.sheet.rows[first.message_id] = replace(first, sequence=99)
        turn.sheet.rows[second.message_id] = replace(second, session_id=SessionId("another"))
        found = await pair.low.talks._held.first(turn, session.session_id)
        assert found == rest[:1], "there is no room, and there is more"
        del turn.sheet.rows[first.message_id], turn.sheet.rows[second.message_id]

    await pair.low.talks.run(pair.high.amid, job)
    assert reads.count <= 2


@pytest.mark.usefixtures("reads")
async def test_what_was_moved_and_said_elsewhere_in_one_turn_is_not_held_here(pair: Pair) -> None:
    await say(pair, "hello")
    await pair.settle()
    pair.wire.is_up = False
    await say(pair, *(f"text {number}" for number in range(3 * WINDOW)))
    (session,) = await pair.low.store.sessions()
    first, *_ = await pair.low.store.held(session.session_id)

    async def look(turn: Turn) -> list[OutgoingRow]:
        return await pair.low.talks._held.first(turn, session.session_id)

    async def move(turn: Turn) -> None:
        assert first in await look(turn)
        turn.sheet.loaded[first.message_id] = first
        moved = replace(first, session_id=SessionId("another"), sequence=1)
        turn.sheet.rows[first.message_id] = moved

    await pair.low.talks.run(pair.high.amid, move)
    found = await pair.low.talks.run(pair.high.amid, look)
    assert isinstance(found, list)
    assert found
    assert first not in found


async def test_two_receipts_in_one_turn_say_all_that_there_is_room_for(
    pair: Pair, reads: Reads
) -> None:
    await say(pair, "hello")
    await pair.settle()
    pair.wire.is_up = False
    texts = [f"text {number}" for number in range(4 * WINDOW)]
    await say(pair, *texts)
    (session,) = await pair.low.store.sessions()

    async def job(turn: Turn) -> None:
        for up_to in (5, 9):
            now = turn.talks[session.session_id].state
            assert isinstance(now, Open)
            state = replace(now, confirmed=Numbers(up_to))
            turn.talks[session.session_id] = replace(turn.talks[session.session_id], state=state)
            turn.sheet.unhold.add(session.session_id)
            await pair.low.talks._follow_up(turn)

    await pair.low.talks.run(pair.high.amid, job)
    (kept,) = pair.low.talks._lanes[pair.high.amid].talks.values()  # type: ignore[union-attr]
    assert isinstance(kept.state, Open)
    assert kept.state.holding
    assert kept.state.next_sequence - 1 == 9 + WINDOW
    assert await is_as_kept(pair)
    assert reads.count <= 2


async def test_what_is_too_much_is_not_remembered(
    pair: Pair, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "MAX_BYTES", 5000)
    texts = [f"text {number}" * 20 for number in range(6 * WINDOW)]
    await say(pair, *texts)
    await pair.settle()
    assert await pair.high.texts() == texts
    assert reads.count > 3


async def test_only_so_many_sessions_are_remembered(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "MAX_SESSIONS", 1)
    for _ in range(3):
        await say(pair, "hello")
        await pair.settle()
        (*_, talk) = (await pair.low.store.sessions())[:1]
        await pair.low.talks.handle(pair.high.amid, talk.session_id, Close("completed"))
        await pair.settle()
    assert len(pair.low.talks._held._piles) <= 1


async def _happen(pair: Pair, reads: Reads, step: str | tuple[int, Priority], number: int) -> None:
    peer = pair.high.amid
    match step:
        case "up":
            await pair.reconnect()
        case "down":
            pair.wire.is_up = False
        case "close":
            for row in await pair.low.store.sessions(peer):
                await pair.low.talks.handle(peer, row.session_id, Close("completed"))
        case "expire":
            await pair.later(MAILBOX_SECONDS)
            await pair.low.steward._bury(pair.clock.now())
        case "silence":
            await pair.low.talks.run(peer, silence(pair.low.store))
        case "disk":
            reads.is_broken = True
            with pytest.raises(AgentMeshError):
                await say(pair, "never kept")
            reads.is_broken = False
        case "another peer":
            await pair.high.say(pair.low, f"back {number}")
        case (count, priority):
            await say(pair, *(f"{number}.{it}" for it in range(count)), priority=priority)


async def _all_of(steps: list[str | tuple[int, Priority]]) -> None:
    async with node_pair() as pair:
        reads = counted(pair)
        for number, step in enumerate(steps):
            await _happen(pair, reads, step, number)
            assert await is_as_kept(pair)
            if number % 2:
                await pair.settle()
                assert await is_as_kept(pair)
        await pair.reconnect()
        await pair.settle()
        assert await is_as_kept(pair)


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.sampled_from(OPS)
        | st.tuples(st.integers(1, 2 * WINDOW), st.sampled_from(get_args(Priority))),
        min_size=3,
        max_size=14,
    )
)
def test_what_is_remembered_is_what_the_store_has(
    monkeypatch: pytest.MonkeyPatch, steps: list[str | tuple[int, Priority]]
) -> None:
    monkeypatch.setattr(session_cipher, "MAX_IN_FLIGHT", WINDOW)
    asyncio.run(_all_of(steps))
