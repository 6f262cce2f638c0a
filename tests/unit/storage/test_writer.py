import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from agentmesh.errors import StorageError, UsageError
from agentmesh.storage.connection import Connection, connect
from agentmesh.storage.writer import MAX_GROUP, Writer


class Recorded:
    """A connection that remembers what it was told, and holds a commit while `open` is not set."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self._real = connect(path)
        self._real.execute("CREATE TABLE kept (value INTEGER UNIQUE)")
        self.told: list[str] = []
        self.open = Event()
        self.open.set()
        self.reached = Event()

    @property
    def in_transaction(self) -> bool:
        return self._real.in_transaction

    def execute(self, sql: str, values: Any = (), /) -> Any:
        self.told.append(sql)
        if sql == "COMMIT":
            self.reached.set()
            assert self.open.wait(10)
        return self._real.execute(sql, values)

    def executemany(self, sql: str, values: Any, /) -> Any:
        return self._real.executemany(sql, values)

    def close(self) -> None:
        self._real.close()

    def kept(self) -> list[int]:
        return [value for (value,) in self._real.execute("SELECT value FROM kept ORDER BY rowid")]


def keep(value: int) -> Any:
    def work(connection: Connection) -> int:
        connection.execute("INSERT INTO kept VALUES (?)", (value,)).fetchall()
        return value

    return work


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[Recorded]:
    recorded = Recorded(tmp_path / "db")
    yield recorded
    recorded.close()


@pytest.fixture
async def writer(disk: Recorded, tmp_path: Path) -> AsyncIterator[Writer]:
    writer = Writer(disk, tmp_path / "db")
    yield writer
    await writer.close()


async def test_work_is_answered_with_its_result(writer: Writer, disk: Recorded) -> None:
    assert await writer.run(keep(7)) == 7
    assert disk.kept() == [7]


async def test_what_waits_shares_the_next_commit(writer: Writer, disk: Recorded) -> None:
    disk.open.clear()
    first = asyncio.ensure_future(writer.run(keep(0)))
    assert await asyncio.to_thread(disk.reached.wait, 10)
    others = [asyncio.ensure_future(writer.run(keep(n))) for n in range(1, MAX_GROUP + 2)]
    await asyncio.sleep(0)
    assert not first.done()
    disk.open.set()
    await asyncio.gather(first, *others)
    assert disk.told.count("COMMIT") == 3
    assert disk.kept() == list(range(MAX_GROUP + 2))


async def test_what_fails_fails_alone(writer: Writer, disk: Recorded) -> None:
    def half(connection: Connection) -> None:
        keep(4)(connection)
        raise UsageError("changed_my_mind")

    works = [keep(1), keep(1), half, keep(2)]
    answers = await asyncio.gather(*map(writer.run, works), return_exceptions=True)
    assert answers[0] == 1
    assert isinstance(answers[1], StorageError)
    assert isinstance(answers[2], UsageError)
    assert answers[3] == 2
    assert disk.kept() == [1, 2]


async def test_when_sqlite_takes_all_back_all_are_told(writer: Writer, disk: Recorded) -> None:
    def full(connection: Connection) -> None:
        connection.execute("ROLLBACK").fetchall()  # as SQLite does by itself
        error = sqlite3.OperationalError("full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    works = [keep(1), full, keep(2)]
    disk.open.clear()
    blocker = asyncio.ensure_future(writer.run(keep(0)))
    assert await asyncio.to_thread(disk.reached.wait, 10)
    waiting = asyncio.gather(*map(writer.run, works), return_exceptions=True)
    await asyncio.sleep(0)
    disk.open.set()
    await blocker
    assert [getattr(answer, "code", "") for answer in await waiting] == ["disk_full"] * 3
    assert disk.kept() == [0]
    assert await writer.run(keep(3)) == 3


async def test_a_caller_who_left_does_not_take_the_work_back(
    writer: Writer, disk: Recorded
) -> None:
    disk.open.clear()
    leaving = asyncio.ensure_future(writer.run(keep(1)))
    assert await asyncio.to_thread(disk.reached.wait, 10)
    leaving.cancel()
    disk.open.set()
    await writer.run(keep(2))
    assert leaving.cancelled()
    assert disk.kept() == [1, 2]


async def test_closing_finishes_what_waits(disk: Recorded, tmp_path: Path) -> None:
    writer = Writer(disk, tmp_path / "db")
    waiting = [asyncio.ensure_future(writer.run(keep(n))) for n in range(2 * MAX_GROUP)]
    await asyncio.sleep(0)
    await writer.close()
    assert await asyncio.gather(*waiting) == list(range(2 * MAX_GROUP))
    with pytest.raises(StorageError) as caught:
        await writer.run(keep(-1))
    assert caught.value.code == "storage_closed"
