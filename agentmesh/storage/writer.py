"""Group commit: one thread writes, and what waited while it wrote shares the next fsync.

A small piece of work that is alone is committed on the event loop, as long as the disk is quick:
the way to the thread and back takes as long as the disk then. What comes together, what is large,
and what finds the database locked goes to the thread; so does all else, once a commit was slow.
"""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar

from agentmesh.errors import StorageError
from agentmesh.storage.connection import Connection
from agentmesh.storage.failures import explain

T = TypeVar("T")
Work = Callable[[Connection], T]

MAX_GROUP = 64
QUICK_SECONDS = 0.004
"""Who else is served by the loop does not notice that it wrote for so long, as a rule."""
SLOW_SECONDS = 0.02
"""One commit like this sends those after it to the thread, until many were quick there."""
REMEMBERED = 32
"""How long a commit takes as a rule is told by about so many."""
BUSY_SECONDS = 0.005
"""For so long after a commit of much everything goes to the thread: more is on its way."""
FEW_CHANGES = 8
"""What a single message changes, or a receipt: more is not small."""
TIDY_EVERY = 32
"""So many commits on the loop are too few for SQLite to stop in one of them and tidy up."""
LOCKED_SECONDS, LOOK_SECONDS = 5.0, 0.01


class _Job(NamedTuple):
    work: Work[Any]
    answer: asyncio.Future[Any]
    is_small: bool


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
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._connection = connection
        self._path = path
        self._tidy = tidy
        self._now = seconds
        self._loop = asyncio.get_running_loop()
        self._waiting: SimpleQueue[_Job | None] = SimpleQueue()
        self._handed_over = 0
        self._here: list[_Job] = []
        self._written_here = 0
        self._busy_until = 0.0
        self._usual = QUICK_SECONDS
        self._closed = False
        connection.execute("PRAGMA busy_timeout = 0").fetchall()  # the loop must not wait
        self._thread = Thread(target=self._write, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Work[T], *, is_small: bool = False) -> T:
        """Do the work in a transaction and return its result once that has been saved.

        A caller that is cancelled meanwhile does not undo the work.
        """
        if self._closed:
            raise StorageError("storage_closed", "The store is closed.")
        answer: asyncio.Future[T] = self._loop.create_future()
        job = _Job(work, answer, is_small)
        if self._here:
            self._here.append(job)  # whoever asks in one turn of the loop goes one way
        elif is_small and self._is_quiet():
            self._here.append(job)
            self._loop.call_soon(self._write_here)
        else:
            self._hand_over([job])
        return await answer

    async def close(self) -> None:
        """Finish what waits."""
        self._closed = True
        self._write_here()
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    # --- on the loop ---------------------------------------------------------------------------

    def _is_quiet(self) -> bool:
        """Whether the disk is quick, and nothing else was to be written in this moment."""
        if self._handed_over or self._usual >= QUICK_SECONDS:
            return False
        return self._now() >= self._busy_until

    def _hand_over(self, jobs: list[_Job]) -> None:
        self._handed_over += len(jobs)
        for job in jobs:
            self._waiting.put(job)

    def _write_here(self) -> None:
        """Commit what is alone, and hand over what is not."""
        jobs, self._here = self._here, []
        if len(jobs) != 1 or not self._has_begun():
            self._hand_over(jobs)
            return
        _answer(jobs, self._commit(jobs))
        self._written_here += 1
        if self._written_here % TIDY_EVERY == 0:
            self._tidy()

    def _has_begun(self) -> bool:
        """Begin a transaction, unless something is in the way: the thread waits, or says what."""
        try:
            self._begin()
        except sqlite3.Error:
            return False
        return True

    def _written(self, group: list[_Job], outcomes: list[Any]) -> None:
        self._handed_over -= len(group)
        if not _is_alone(group):
            self._busy_until = self._now() + BUSY_SECONDS
        _answer(group, outcomes)

    # --- in the thread -------------------------------------------------------------------------

    def _write(self) -> None:
        while group := self._next_group():
            outcomes = self._begin_and_commit(group)
            with contextlib.suppress(RuntimeError):  # the loop is gone, and all callers with it
                self._loop.call_soon_threadsafe(self._written, group, outcomes)

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
        patience = self._now() + LOCKED_SECONDS
        while True:
            try:
                self._begin()
            except sqlite3.Error as error:
                told = explain(error, self._path)
                if told.code != "storage_locked" or self._now() >= patience:
                    return [_Failed(told) for _ in group]
                time.sleep(LOOK_SECONDS)
            else:
                return self._commit(group)

    # --- here and there ------------------------------------------------------------------------

    def _begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE").fetchall()

    def _commit(self, group: list[_Job]) -> list[Any]:
        """Carry out what a transaction was begun for."""
        started = self._now()
        try:
            if len(group) == 1:
                outcomes = [group[0].work(self._connection)]
            else:
                outcomes = [self._attempt(job.work) for job in group]
            self._connection.execute("COMMIT").fetchall()
        except Exception as error:  # noqa: BLE001 - every caller gets it
            with contextlib.suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK").fetchall()
            return [_Failed(self._explained(error)) for _ in group]
        if _is_alone(group):
            self._took(self._now() - started)
        return outcomes

    def _took(self, seconds: float) -> None:
        """Remember how long the disk takes: what is slow at once, all else bit by bit."""
        if seconds > SLOW_SECONDS:
            self._usual = max(seconds, self._usual)
        else:
            self._usual += (seconds - self._usual) / REMEMBERED

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


def _is_alone(group: list[_Job]) -> bool:
    return len(group) == 1 and group[0].is_small


def _answer(group: list[_Job], outcomes: list[Any]) -> None:
    for job, outcome in zip(group, outcomes, strict=True):
        if job.answer.done():
            continue
        if isinstance(outcome, _Failed):
            job.answer.set_exception(outcome.error)
        else:
            job.answer.set_result(outcome)
