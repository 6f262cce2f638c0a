"""Commits are made on the loop while the disk is quick, else by the thread."""

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
from agentmesh.observability.disk_pace import SLOW_SECONDS
from agentmesh.storage import writer as writing
from agentmesh.storage.connection import Connection, connect
from agentmesh.storage.writer import MOST_PAGES, QUICK_SECONDS, TIDY_PAGES, Writer

Job = tuple[int | None, bool, bool]
"""How much it writes, whether it fails, and whether it is waited for before the next one."""


class Disk:
    """A connection to a disk that can be made slow: it counts the seconds that it takes."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self.path = path
        self.commit_takes = 0.0
        self.commits = 0
        self._seconds = 0.0
        self._real = connect(path)
        self._real.execute("CREATE TABLE IF NOT EXISTS kept (value INTEGER)")

    @property
    def in_transaction(self) -> bool:
        return self._real.in_transaction

    def execute(self, sql: str, values: Any = (), /) -> Any:
        if sql == "COMMIT":
            self.commits += 1
            self._seconds += self.commit_takes
        return self._real.execute(sql, values)

    def executemany(self, sql: str, values: Any, /) -> Any:
        return self._real.executemany(sql, values)

    def close(self) -> None:
        self._real.close()

    def waited(self) -> float:
        return self._seconds

    def kept(self) -> list[int]:
        return [value for (value,) in self._real.execute("SELECT value FROM kept ORDER BY rowid")]


def keep(value: int, *, fails: bool = False) -> Callable[[Connection], Thread]:
    def work(connection: Connection) -> Thread:
        connection.execute("INSERT INTO kept VALUES (?)", (value,)).fetchall()
        if fails:
            raise StorageError("disk_full")
        return current_thread()

    return work


def current(_: Connection) -> Thread:
    return current_thread()


def writer_on(disk: Disk, tidy: Callable[[], object] = lambda: None) -> Writer:
    return Writer(disk, disk.path, tidy, disk.waited)


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[Disk]:
    with closing(Disk(tmp_path / "db")) as disk:
        yield disk


@pytest.fixture
async def writer(disk: Disk) -> AsyncIterator[Writer]:
    """Return a writer whose disk was quick so far."""
    writer = writer_on(disk)
    await writer.run(current)
    yield writer
    await writer.close()


async def test_the_first_commit_shows_how_quick_the_disk_is(disk: Disk) -> None:
    for takes, is_here in ((0.0, True), (2 * QUICK_SECONDS, False)):
        disk.commit_takes = takes
        writer = writer_on(disk)
        assert await writer.run(keep(1), 1) is not current_thread()
        assert (await writer.run(keep(2), 1) is current_thread()) == is_here
        await writer.close()


async def test_what_is_much_or_nobody_knows_goes_to_the_thread(writer: Writer, disk: Disk) -> None:
    assert await writer.run(keep(1), MOST_PAGES) is current_thread()
    assert await writer.run(keep(2), MOST_PAGES + 1) is not current_thread()
    assert await writer.run(keep(3)) is not current_thread()
    assert disk.kept() == [1, 2, 3]


async def test_what_comes_together_shares_a_commit(writer: Writer, disk: Disk) -> None:
    commits = disk.commits
    asked = [writer.run(keep(number), 1) for number in range(5)]
    assert set(await asyncio.gather(*asked)) == {current_thread()}
    assert disk.commits == commits + 1
    assert disk.kept() == [0, 1, 2, 3, 4]


async def test_what_is_much_only_together_goes_to_the_thread(writer: Writer, disk: Disk) -> None:
    asked = [writer.run(keep(number), MOST_PAGES / 4) for number in range(5)]
    assert current_thread() not in await asyncio.gather(*asked)
    assert disk.kept() == [0, 1, 2, 3, 4]


async def test_nothing_overtakes_what_the_thread_was_given(writer: Writer, disk: Disk) -> None:
    long = asyncio.ensure_future(writer.run(keep(1)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await writer.run(keep(2), 1) is not current_thread()
    assert await long is not current_thread()
    assert await writer.run(keep(3), 1) is current_thread()
    assert disk.kept() == [1, 2, 3]


async def test_after_a_slow_commit_the_loop_waits_for_no_disk_until_that_was_quick_again(
    writer: Writer, disk: Disk
) -> None:
    disk.commit_takes = 2 * SLOW_SECONDS
    slow = [await writer.run(current, 1) for _ in range(5)]
    assert [thread is current_thread() for thread in slow] == [True, False, False, False, False]
    disk.commit_takes = 0.0
    quick = [await writer.run(current, 1) for _ in range(200)]
    assert quick[0] is not current_thread()
    assert quick[-1] is current_thread()


async def test_a_disk_that_grows_slower_is_left_to_the_thread(writer: Writer, disk: Disk) -> None:
    disk.commit_takes = 2 * QUICK_SECONDS
    ways = [await writer.run(current, 1) for _ in range(100)]
    assert ways[0] is current_thread()
    assert ways[-1] is not current_thread()


async def test_the_loop_does_not_wait_for_whoever_holds_the_database(
    writer: Writer, disk: Disk
) -> None:
    with closing(connect(disk.path)) as other:
        other.execute("BEGIN IMMEDIATE").fetchall()
        writes = asyncio.ensure_future(writer.run(keep(1), 1))
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
            await writer.run(keep(1), 1)
        assert caught.value.code == "storage_locked"
        other.execute("COMMIT").fetchall()
    assert disk.kept() == []


async def test_what_fails_leaves_nothing(writer: Writer, disk: Disk) -> None:
    with pytest.raises(StorageError):
        await writer.run(keep(1, fails=True), 1)
    assert not disk.in_transaction
    await writer.run(keep(2), 1)
    assert disk.kept() == [2]


async def test_a_caller_who_leaves_does_not_take_the_work_back(writer: Writer, disk: Disk) -> None:
    leaving = asyncio.ensure_future(writer.run(keep(1), 1))
    await asyncio.sleep(0)
    leaving.cancel()
    await writer.run(keep(2), 1)
    assert leaving.cancelled()
    assert disk.kept() == [1, 2]


async def test_closing_finishes_what_is_about_to_be_written(writer: Writer, disk: Disk) -> None:
    asked = asyncio.ensure_future(writer.run(keep(1), 1))
    await asyncio.sleep(0)
    await writer.close()
    assert await asked is current_thread()
    assert disk.kept() == [1]


async def test_the_log_is_emptied_now_and_then_beside_what_is_written(disk: Disk) -> None:
    tidied: list[bool] = []
    writer = writer_on(disk, lambda: tidied.append(True))
    for _ in range(4):
        await writer.run(current, TIDY_PAGES / 2)
    assert len(tidied) == 2
    await writer.run(current)
    assert len(tidied) == 3, "nobody knows how much that was"
    await writer.close()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    jobs=st.lists(
        st.tuples(st.sampled_from([1, MOST_PAGES, None]), st.booleans(), st.booleans()), max_size=12
    )
)
def test_whichever_way_it_goes_it_is_kept_whole_in_order_and_answered(
    tmp_path: Path, jobs: list[Job]
) -> None:
    async def all_of_it() -> tuple[list[Any], list[int]]:
        path = tmp_path / "db"
        with closing(Disk(path)) as disk:
            disk._real.execute("DELETE FROM kept")
            writer = writer_on(disk)
            answers: list[asyncio.Future[Thread]] = []
            for number, (pages, fails, is_awaited) in enumerate(jobs):
                work = keep(number, fails=fails)
                asked = writer.run(work) if pages is None else writer.run(work, pages)
                answers.append(asyncio.ensure_future(asked))
                if is_awaited:
                    await asyncio.wait(answers)
            outcomes = await asyncio.gather(*answers, return_exceptions=True)
            await writer.close()
            return outcomes, disk.kept()

    outcomes, kept = asyncio.run(all_of_it())
    assert [isinstance(outcome, StorageError) for outcome in outcomes] == [it[1] for it in jobs]
    assert kept == [number for number, (_, fails, _) in enumerate(jobs) if not fails]


async def test_a_database_that_is_gone_is_told_of(writer: Writer, disk: Disk) -> None:
    disk._real.execute("DROP TABLE kept")
    with pytest.raises(StorageError) as caught:
        await writer.run(keep(1), 1)
    assert caught.value.code == "database_corrupt"
