"""Group commit: one thread writes, and what waited while it wrote shares the next fsync."""

import asyncio
import contextlib
import sqlite3
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


class _Job(NamedTuple):
    work: Work[Any]
    answer: asyncio.Future[Any]


class _Failed(NamedTuple):
    error: Exception


class Writer:
    """Runs pieces of work, each all or nothing, and answers when they are on the disk."""

    def __init__(self, connection: Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._waiting: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._thread = Thread(target=self._write, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Work[T]) -> T:
        """Do the work in a transaction and return its result once that has been saved.

        A caller that is cancelled meanwhile does not undo the work.
        """
        if self._closed:
            raise StorageError("storage_closed", "The store is closed.")
        answer: asyncio.Future[T] = self._loop.create_future()
        self._waiting.put(_Job(work, answer))
        return await answer

    async def close(self) -> None:
        """Finish what waits."""
        self._closed = True
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    def _write(self) -> None:
        while group := self._next_group():
            outcomes = self._commit(group)
            with contextlib.suppress(RuntimeError):  # the loop is gone, and all callers with it
                self._loop.call_soon_threadsafe(_answer, group, outcomes)

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

    def _commit(self, group: list[_Job]) -> list[Any]:
        try:
            self._connection.execute("BEGIN IMMEDIATE").fetchall()
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
