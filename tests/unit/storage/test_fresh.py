"""What came a moment ago is shown without being read, and is what the file would have shown."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.protocol.ids import Amid, MessageId
from agentmesh.storage.fresh import MAX_BODY, MAX_ROWS, Fresh
from agentmesh.storage.interface import Change, Consume, Deliver, IncomingRow, Release
from agentmesh.storage.queries import FEW, querying
from agentmesh.storage.sqlite import SqliteStore
from tests.support.stores import ALICE, BOB, DAY, NOW, ONE, TWO, incoming, sqlite_store, vault


class Counting:
    """A vault that tells how much it opened."""

    def __init__(self) -> None:
        self._real = vault()
        self.opened = 0

    def seal(self, place: bytes, data: bytes) -> bytes:
        return self._real.seal(place, data)

    def open(self, place: bytes, box: bytes) -> bytes:
        self.opened += 1
        return self._real.open(place, box)


@pytest.fixture
def sealer() -> Counting:
    return Counting()


@pytest.fixture
async def store(tmp_path: Path, sealer: Counting) -> AsyncIterator[SqliteStore]:
    async with SqliteStore(tmp_path / "agentmesh.db", sealer) as store:
        sealer.opened = 0
        yield store


async def _came(store: SqliteStore, *rows: IncomingRow) -> None:
    await store.commit([*map(Deliver, rows), Release(ONE, len(rows))])


async def _page(store: SqliteStore, after: int = 0, limit: int = 2 * FEW) -> list[IncomingRow]:
    return await store.inbox(unread=False, peer=None, after=after, limit=limit)


async def test_what_came_is_shown_once_without_being_opened(
    store: SqliteStore, sealer: Counting
) -> None:
    await _came(store, incoming("a", 1), incoming("b", 2))
    shown = await _page(store)
    assert [(row.message_id, row.position) for row in shown] == [("a", 1), ("b", 2)]
    assert sealer.opened == 0
    assert await _page(store) == shown
    assert sealer.opened == 2


async def test_a_page_of_which_something_is_missing_is_read_and_none_of_it_remembered(
    store: SqliteStore, sealer: Counting
) -> None:
    large = incoming("large", 2, body=bytes(MAX_BODY + 1))
    await _came(store, incoming("a", 1), large, incoming("b", 3))
    shown = await _page(store)
    assert [(row.message_id, row.position) for row in shown] == [("a", 1), ("large", 2), ("b", 3)]
    assert sealer.opened == 3
    await _page(store, after=2)
    assert sealer.opened == 4


@pytest.mark.parametrize(("count", "opened"), [(FEW, 0), (FEW + 1, FEW + 1)])
async def test_only_what_is_little_is_looked_up_while_the_loop_waits(
    store: SqliteStore, sealer: Counting, count: int, opened: int
) -> None:
    await _came(store, *(incoming(str(number), number) for number in range(1, count + 1)))
    assert [row.position for row in await _page(store)] == list(range(1, count + 1))
    assert sealer.opened == opened


async def test_no_more_than_so_much_is_remembered(store: SqliteStore, sealer: Counting) -> None:
    await _came(store, *(incoming(str(number), number) for number in range(1, MAX_ROWS + 2)))
    for position in range(MAX_ROWS):
        await _page(store, position, limit=1)
    assert sealer.opened == 0
    (last,) = await _page(store, MAX_ROWS)
    assert (last.position, sealer.opened) == (MAX_ROWS + 1, 1)


async def test_after_a_moment_nothing_is_remembered(tmp_path: Path) -> None:
    async with sqlite_store(tmp_path) as store:
        await _came(store, incoming("a", 1))
    with querying(tmp_path / "agentmesh.db", vault(), sqlite3.connect) as queries:
        fresh = Fresh(queries, seconds=0)
        question = ("WHERE row > ? AND ifnull(?, peer) = peer LIMIT ?", (0, None, 9))
        for _ in range(2):
            fresh.put([Deliver(incoming("a", 1))])
            shown = fresh.page(*question)
            assert shown is not None
            assert [row.position for row in shown] == [1]
            fresh.put([Deliver(incoming("a", 1))])
            await asyncio.sleep(0.01)
            assert fresh.page(*question) is None


async def test_of_two_messages_of_one_id_the_one_that_is_kept_is_shown(store: SqliteStore) -> None:
    first = incoming("a", 1, body=b"first")
    again = [Deliver(incoming("a", 2, body=b"again")), Release(ONE, 2)]
    elsewhere = [Deliver(incoming("a", 1, session_id=TWO, body=b"elsewhere")), Release(TWO, 1)]
    await store.commit([Deliver(first), Release(ONE, 1), *again, *elsewhere])
    assert [row.body for row in await _page(store)] == [b"first"]


async def test_what_was_read_before_it_was_shown_says_so(store: SqliteStore) -> None:
    await _came(store, incoming("a", 1))
    await store.commit([Consume(MessageId("a"), NOW)])
    assert [row.consumed_at for row in await _page(store)] == [NOW]


async def test_what_cannot_be_read_is_met_as_ever(store: SqliteStore, tmp_path: Path) -> None:
    await _came(store, incoming("a", 1), incoming("b", 2))
    with closing(sqlite3.connect(tmp_path / "agentmesh.db", isolation_level=None)) as file:
        file.execute("UPDATE incoming SET peer = CAST(x'ff' AS TEXT) WHERE row = 1")
    assert [row.message_id for row in await _page(store)] == ["b"]
    assert len(store.warnings()) == 1


# --- all ways together ----------------------------------------------------------------------------

_SESSIONS = {ONE: BOB, TWO: ALICE}
_peers = st.sampled_from([None, ALICE, BOB])
_sessions = st.sampled_from(list(_SESSIONS))
_numbers = st.integers(1, 5)
_names = st.sampled_from("abcdef")


@st.composite
def _deliveries(draw: st.DrawFn) -> Deliver:
    """Return a message; what has one number in a session and one id has the same words."""
    session, number, name = draw(_sessions), draw(_numbers), draw(_names)
    words = f"{name} is {number} in {session}".encode()
    row = incoming(name, number, session_id=session, peer=_SESSIONS[session], body=words)
    return Deliver(row)


_consumptions = st.builds(lambda name, peer: Consume(MessageId(name), NOW, peer), _names, _peers)
_changes = st.lists(
    st.one_of(_deliveries(), st.builds(Release, _sessions, _numbers), _consumptions), min_size=1
)
_questions = st.tuples(st.booleans(), _peers, st.integers(0, 6), st.integers(1, 5))
_steps = st.tuples(_changes, st.one_of(_questions, st.none()))
Step = tuple[list[Change], tuple[bool, Amid | None, int, int] | None]


@pytest.mark.slow
@settings(max_examples=40)
@given(steps=st.lists(_steps, max_size=12))
def test_every_page_is_what_a_daemon_shows_that_has_just_begun(steps: list[Step]) -> None:
    async def all_of_it(folder: Path) -> None:
        async with sqlite_store(folder) as store, sqlite_store(folder) as other:
            for changes, question in steps:
                await store.commit(changes)
                if question is None:
                    await store.clean(NOW + 8 * DAY)
                    continue
                unread, peer, after, limit = question
                shown, read = [
                    await it.inbox(unread=unread, peer=peer, after=after, limit=limit)
                    for it in (store, other)
                ]
                assert shown == read

    with TemporaryDirectory() as folder:
        asyncio.run(all_of_it(Path(folder)))
