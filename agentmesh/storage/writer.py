"""Group commit: what is asked for in one moment, or while another commit is made, shares an fsync.

As long as the disk is quick, commits are made on the event loop: a thread would wait for the
interpreter's lock at every statement, and the way there and back takes as long as the disk. What
is long, what is of unknown length, and what finds the database locked goes to the thread; so does
all else, once the disk was slow.
"""

import asyncio
import contextlib
import math
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar

from agentmesh.errors import StorageError
from agentmesh.observability.disk_pace import DiskPace, standstill
from agentmesh.storage.connection import Connection
from agentmesh.storage.failures import explain

T = TypeVar("T")
Work = Callable[[Connection], T]

MAX_GROUP = 64
MOST_PAGES = 600
"""What a turn of a flood writes: it takes the loop as long as what led to it, some 5 ms."""
QUICK_SECONDS = 0.004
"""Who else is served by the loop does not notice that it waited so long, as a rule."""
REMEMBERED = 32
"""How long the disk takes as a rule is told by about so many commits."""
TIDY_PAGES = 500
"""When the write-ahead log is tidied up; SQLite would stop in a commit to do it at 1,000 pages."""
LOCKED_SECONDS, LOOK_SECONDS = 5.0, 0.01


class _Job(NamedTuple):
    work: Work[Any]
    answer: asyncio.Future[Any]
    pages: float


class _Failed(NamedTuple):
    error: Exception


class Writer:
    """Runs pieces of work, each all or nothing, and answers when they are on the disk.

    `tidy` is called now and then: it empties the write-ahead log beside what is written here.
    """

    def __init__(
        self,
        connection: Connection,
        path: Path,
        tidy: Callable[[], object] = lambda: None,
        waited: Callable[[], float] = standstill,
    ) -> None:
        self._connection = connection
        self._path = path
        self._tidy = tidy
        self._disk = DiskPace(REMEMBERED, waited)
        self._loop = asyncio.get_running_loop()
        self._waiting: SimpleQueue[_Job | None] = SimpleQueue()
        self._handed_over = 0
        self._here: list[_Job] = []
        self._untidy: float = 0
        self._closed = False
        connection.execute("PRAGMA busy_timeout = 0").fetchall()  # the loop must not wait
        self._thread = Thread(target=self._write, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Work[T], pages: float = math.inf) -> T:
        """Do the work in a transaction and return its result once that has been saved.

        `pages`: about how many it writes, if that is known. A caller that is cancelled meanwhile
        does not undo the work.
        """
        if self._closed:
            raise StorageError("storage_closed", "The store is closed.")
        answer: asyncio.Future[T] = self._loop.create_future()
        self._here.append(_Job(work, answer, pages))
        if len(self._here) == 1:
            self._loop.call_soon(self._write_here)
        return await answer

    async def close(self) -> None:
        """Finish what waits."""
        self._closed = True
        self._write_here()
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    # --- on the loop ---------------------------------------------------------------------------

    def _write_here(self) -> None:
        """Commit what was asked for in this turn of the loop, or hand it over."""
        jobs, self._here = self._here, []
        if jobs and self._belong_here(jobs) and self._has_begun():
            self._written(jobs, self._commit(jobs))
        else:
            self._hand_over(jobs)

    def _belong_here(self, jobs: list[_Job]) -> bool:
        """Whether nothing goes before these, and the loop need not wait long for them."""
        if self._handed_over:
            return False
        is_bounded = sum(job.pages for job in jobs) <= MOST_PAGES
        return is_bounded and self._disk.usual < QUICK_SECONDS

    def _hand_over(self, jobs: list[_Job]) -> None:
        self._handed_over += len(jobs)
        for job in jobs:
            self._waiting.put(job)

    def _has_begun(self) -> bool:
        """Begin a transaction, unless something is in the way: the thread waits, or says what."""
        try:
            self._begin()
        except sqlite3.Error:
            return False
        return True

    def _brought_back(self, group: list[_Job], outcomes: list[Any]) -> None:
        self._handed_over -= len(group)
        self._written(group, outcomes)

    def _written(self, group: list[_Job], outcomes: list[Any]) -> None:
        _answer(group, outcomes)
        self._untidy += sum(job.pages for job in group)
        if self._untidy >= TIDY_PAGES:
            self._untidy = 0
            self._tidy()

    # --- in the thread -------------------------------------------------------------------------

    def _write(self) -> None:
        while group := self._next_group():
            outcomes = self._begin_and_commit(group)
            with contextlib.suppress(RuntimeError):  # the loop is gone, and all callers with it
                self._loop.call_soon_threadsafe(self._brought_back, group, outcomes)

    def _next_group(self) -> list[_Job]:
        """Wait for a job, take those that wait with it; an empty group is the end."""
        group = []
        job = self._waiting.get()
        while job is not None:
            group.append(job)
            if len(group) == MAX_GROUP:
                return group
            try:
                job = self._waiting.get_nowait()
            except Empty:
                return group
        if group:
            self._waiting.put(None)
        return group

    def _begin_and_commit(self, group: list[_Job]) -> list[Any]:
        patience = time.perf_counter() + LOCKED_SECONDS
        while True:
            try:
                self._begin()
            except sqlite3.Error as error:
                told = explain(error, self._path)
                if told.code != "storage_locked" or time.perf_counter() >= patience:
                    return [_Failed(told) for _ in group]
                time.sleep(LOOK_SECONDS)
            else:
                return self._commit(group)

    # --- here and there ------------------------------------------------------------------------

    def _begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE").fetchall()

    def _commit(self, group: list[_Job]) -> list[Any]:
        """Carry out what a transaction was begun for."""
        try:
            if len(group) == 1:
                outcomes = [group[0].work(self._connection)]
            else:
                outcomes = [self._attempt(job.work) for job in group]
            with self._disk.measured():
                self._connection.execute("COMMIT").fetchall()
        except Exception as error:  # noqa: BLE001 - every caller gets it
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK").fetchall()
            return [_Failed(self._explained(error)) for _ in group]
        return outcomes

    def _attempt(self, work: Work[Any]) -> Any:
        """Run one piece of work; what fails alone leaves the others of its group untouched."""
        self._connection.execute("SAVEPOINT one").fetchall()
        try:
            result = work(self._connection)
        except Exception as error:
            if not self._connection.in_transaction:
                raise  # SQLite has rolled back the whole group, as it does when the disk is full
            self._connection.execute("ROLLBACK TO one").fetchall()
            result = _Failed(self._explained(error))
        self._connection.execute("RELEASE one").fetchall()
        return result

    def _explained(self, error: Exception) -> Exception:
        return explain(error, self._path) if isinstance(error, sqlite3.Error) else error


def _answer(group: list[_Job], outcomes: list[Any]) -> None:
    for job, outcome in zip(group, outcomes, strict=True):
        if job.answer.done():
            continue
        if isinstance(outcome, _Failed):
            job.answer.set_exception(outcome.error)
        else:
            job.answer.set_result(outcome)
