"""Where the file is asked: small answers cost no hand-over, large ones hold up nobody."""

import itertools
import sqlite3
import threading
from pathlib import Path

import pytest

from agentmesh.storage.connection import Connection, Cursor, Values, connect
from agentmesh.storage.interface import Deliver, Put, Release
from agentmesh.storage.queries import FEW, FEW_BYTES, MEASURED, querying
from agentmesh.storage.settling import UNSETTLED
from agentmesh.storage.tables import OUTGOING
from tests.support.stores import BOB, ONE, TWO, incoming, outgoing, sqlite_store, vault


class Watched:
    """A connection that tells which threads ask it for rows."""

    def __init__(self, real: Connection, asked_by: list[str]) -> None:
        self._real = real
        self._asked_by = asked_by

    def execute(self, sql: str, values: Values = (), /) -> Cursor:
        if sql.startswith("SELECT row"):
            self._asked_by.append(threading.current_thread().name)
        return self._real.execute(sql, values)

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


HERE, ELSEWHERE = "MainThread", "store-reader_0"


@pytest.mark.parametrize(
    ("count", "body", "where"),
    [
        (0, b"", []),
        (FEW, b"small", [HERE]),
        (FEW + 1, b"small", [ELSEWHERE]),
        (2, bytes(FEW_BYTES // 2), [ELSEWHERE]),
    ],
)
async def test_what_a_session_holds_is_read_at_once_if_it_is_small(
    tmp_path: Path, count: int, body: bytes, where: list[str]
) -> None:
    asked_by: list[str] = []
    watched = sqlite_store(tmp_path, lambda path: Watched(connect(path), asked_by))  # type: ignore[arg-type,return-value]  # the rest is the real one's
    async with watched as store:
        held = [outgoing(f"m{number}", body=body) for number in range(count)]
        await store.commit([Put(row) for row in [*held, outgoing("other", session_id=TWO)]])
        asked_by.clear()
        assert await store.held(ONE) == held
    assert asked_by == where


@pytest.mark.parametrize("count", [2 * FEW, 50 * FEW])
async def test_to_find_that_there_is_much_takes_no_longer_for_more(
    tmp_path: Path, count: int
) -> None:
    async with sqlite_store(tmp_path) as store:
        await store.commit([Put(outgoing(f"m{number}")) for number in range(count)])
    worked = itertools.count()

    def counting(path: Path) -> Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.set_progress_handler(lambda: next(worked) < 0, 100)
        return connection

    with querying(tmp_path / "agentmesh.db", vault(), counting) as queries:
        held = f"WHERE session_id = ? AND {UNSETTLED} AND sequence IS NULL"
        began = next(worked)
        ((found, _),) = queries.figures(MEASURED.format(OUTGOING.sizes + held), (ONE,))
        assert (found, next(worked) - began < 40) == (FEW + 1, True)


async def test_unread_bytes_are_right_however_many_messages_there_are(tmp_path: Path) -> None:
    async with sqlite_store(tmp_path) as store:
        rows = [incoming(f"m{number}", number, body=b"12") for number in range(1, FEW + 10)]
        await store.commit([Deliver(row) for row in rows])
        shown, waiting = await store.unread(BOB)
        assert shown == 0 < waiting
        await store.commit([Release(ONE, FEW + 9)])
        assert await store.unread(BOB) == (waiting, 0)
