"""What is small and alone: committed on the loop while the disk is quick, else by the thread."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from threading import Thread, current_thread
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentmesh.errors import StorageError
from agentmesh.storage import writer as writing
from agentmesh.storage.connection import Connection, connect
from agentmesh.storage.writer import BUSY_SECONDS, SLOW_SECONDS, TIDY_EVERY, Writer

Job = tuple[bool, bool, bool]
"""Whether it is small, whether it fails, and whether it is waited for before the next one."""


class Disk:
    """A connection to a disk that can be made slow: it counts the seconds that it takes."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self.path = path
        self.is_slow = False
        self.seconds = 0.0
        self._real = connect(path)
        self._real.execute("CREATE TABLE IF NOT EXISTS kept (value INTEGER)")

    @property
    def in_transaction(self) -> bool:
        return self._real.in_transaction

    def execute(self, sql: str, values: Any = (), /) -> Any:
        if sql == "COMMIT" and self.is_slow:
            self.seconds += 2 * SLOW_SECONDS
        return self._real.execute(sql, values)

    def executemany(self, sql: str, values: Any, /) -> Any:
        return self._real.executemany(sql, values)

    def close(self) -> None:
        self._real.close()

    def kept(self) -> list[int]:
        return [value for (value,) in self._real.execute("SELECT value FROM kept ORDER BY rowid")]


def keep(value: int, *, fails: bool = False) -> Callable[[Connection], Thread]:
    def work(connection: Connection) -> Thread:
        connection.execute("INSERT INTO kept VALUES (?)", (value,)).fetchall()
        if fails:
            raise StorageError("disk_full")
        return current_thread()

    return work


def writer_on(disk: Disk, tidy: Callable[[], object] = lambda: None) -> Writer:
    return Writer(disk, disk.path, tidy, lambda: disk.seconds)


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[Disk]:
    with closing(Disk(tmp_path / "db")) as disk:
        yield disk


@pytest.fixture
async def writer(disk: Disk) -> AsyncIterator[Writer]:
    writer = writer_on(disk)
    await trusted(writer, disk)
    yield writer
    await writer.close()


async def trusted(writer: Writer, disk: Disk) -> None:
    """Commit until the disk has shown that it is quick, one now and then."""
    for _ in range(1000):
        disk.seconds += BUSY_SECONDS
        if await writer.run(current, is_small=True) is current_thread():
            return
    raise AssertionError("the disk is never quick")


def current(_: Connection) -> Thread:
    return current_thread()


async def test_the_first_commit_shows_how_quick_the_disk_is(disk: Disk) -> None:
    writer = writer_on(disk)
    assert await writer.run(keep(1), is_small=True) is not current_thread()
    await trusted(writer, disk)
    await writer.close()


async def test_what_is_not_small_goes_to_the_thread(writer: Writer, disk: Disk) -> None:
    assert await writer.run(keep(1)) is not current_thread()
    assert disk.kept() == [1]


async def test_what_comes_together_shares_a_commit_in_the_thread(
    writer: Writer, disk: Disk
) -> None:
    asked = [writer.run(keep(number), is_small=True) for number in range(5)]
    assert current_thread() not in await asyncio.gather(*asked)
    assert disk.kept() == [0, 1, 2, 3, 4]


async def test_while_the_thread_is_at_work_everything_goes_there(
    writer: Writer, disk: Disk
) -> None:
    await writer.run(current)
    assert await writer.run(current, is_small=True) is not current_thread()
    disk.seconds += BUSY_SECONDS
    assert await writer.run(current, is_small=True) is current_thread()


async def test_after_a_slow_commit_the_loop_waits_for_no_disk_until_that_was_quick_again(
    writer: Writer, disk: Disk
) -> None:
    disk.is_slow = True
    slow = [await writer.run(current, is_small=True) for _ in range(5)]
    assert [thread is current_thread() for thread in slow] == [True, False, False, False, False]
    disk.is_slow = False
    assert await writer.run(current, is_small=True) is not current_thread()
    await trusted(writer, disk)


async def test_the_loop_does_not_wait_for_whoever_holds_the_database(
    writer: Writer, disk: Disk
) -> None:
    with closing(connect(disk.path)) as other:
        other.execute("BEGIN IMMEDIATE").fetchall()
        writes = asyncio.ensure_future(writer.run(keep(1), is_small=True))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not writes.done()
        other.execute("COMMIT").fetchall()
    assert await writes is not current_thread()
    assert disk.kept() == [1]


async def test_who_holds_the_database_for_too_long_is_told_of(
    writer: Writer, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "LOCKED_SECONDS", 0)
    with closing(connect(disk.path)) as other:
        other.execute("BEGIN IMMEDIATE").fetchall()
        with pytest.raises(StorageError) as caught:
            await writer.run(keep(1), is_small=True)
        assert caught.value.code == "storage_locked"
        other.execute("COMMIT").fetchall()
    assert disk.kept() == []


async def test_what_fails_alone_leaves_nothing(writer: Writer, disk: Disk) -> None:
    with pytest.raises(StorageError):
        await writer.run(keep(1, fails=True), is_small=True)
    assert not disk.in_transaction
    await writer.run(keep(2), is_small=True)
    assert disk.kept() == [2]


async def test_a_caller_who_leaves_does_not_take_the_work_back(writer: Writer, disk: Disk) -> None:
    leaving = asyncio.ensure_future(writer.run(keep(1), is_small=True))
    await asyncio.sleep(0)
    leaving.cancel()
    await writer.run(keep(2), is_small=True)
    assert leaving.cancelled()
    assert disk.kept() == [1, 2]


async def test_closing_finishes_what_is_about_to_be_written(disk: Disk) -> None:
    writer = writer_on(disk)
    await trusted(writer, disk)
    asked = asyncio.ensure_future(writer.run(keep(1), is_small=True))
    await asyncio.sleep(0)
    await writer.close()
    await asked
    assert disk.kept() == [1]


async def test_the_log_is_emptied_now_and_then_beside_what_is_written(disk: Disk) -> None:
    tidied: list[bool] = []
    writer = writer_on(disk, lambda: tidied.append(True))
    while len(tidied) < 2:
        disk.seconds += BUSY_SECONDS
        await writer.run(current, is_small=True)
    assert writer._written_here == 2 * TIDY_EVERY
    await writer.close()


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(jobs=st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=12))
def test_whichever_way_it_goes_it_is_kept_whole_in_order_and_answered(
    tmp_path: Path, jobs: list[Job]
) -> None:
    async def all_of_it() -> tuple[list[Any], list[int]]:
        path = tmp_path / "db"
        with closing(Disk(path)) as disk:
            disk._real.execute("DELETE FROM kept")
            writer = writer_on(disk)
            answers: list[asyncio.Future[Thread]] = []
            for number, (is_small, fails, is_awaited) in enumerate(jobs):
                disk.seconds += BUSY_SECONDS
                work = keep(number, fails=fails)
                answers.append(asyncio.ensure_future(writer.run(work, is_small=is_small)))
                if is_awaited:
                    await asyncio.wait(answers)
            outcomes = await asyncio.gather(*answers, return_exceptions=True)
            await writer.close()
            return outcomes, disk.kept()

    outcomes, kept = asyncio.run(all_of_it())
    assert [isinstance(outcome, StorageError) for outcome in outcomes] == [it[1] for it in jobs]
    assert kept == [number for number, (_, fails, _) in enumerate(jobs) if not fails]


async def test_a_database_that_is_gone_is_told_of(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "db")
    writer = writer_on(disk)
    await trusted(writer, disk)
    disk._real.execute("DROP TABLE kept")
    with pytest.raises(StorageError) as caught:
        await writer.run(keep(1), is_small=True)
    assert caught.value.code == "database_corrupt"
    await writer.close()
    disk.close()
