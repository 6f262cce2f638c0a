"""One thread that owns the database, and group commit.

Jobs wait while a commit is on its way to the disk; all that came in the meantime (at most
`MAX_GROUP`) share the next one. Nobody waits on purpose.
"""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from agentmesh.observability.logs import Code

MAX_GROUP = 256
MAX_WAITING = 100_000
"""Jobs that wait for the disk. Beyond it a job fails at once with `overloaded`."""

_ERRORS = (sqlite3.Error, OverflowError, UnicodeError)

R = TypeVar("R")


class Failed(Exception):
    """A job could not be done; `code` says why."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


class Job(Generic[R]):
    """Something to do with the database, and whom to tell. A reading job may run by itself."""

    __slots__ = ("done", "run", "writes")

    def __init__(
        self,
        run: Callable[[sqlite3.Connection], R],
        done: Callable[[R | Failed], None],
        *,
        writes: bool,
    ) -> None:
        self.run = run
        self.done = done
        self.writes = writes


class Writer:
    """Carries out jobs in the order in which they came. A group that failed is told `undone`."""

    def __init__(
        self,
        database: sqlite3.Connection,
        loop: asyncio.AbstractEventLoop,
        undone: Callable[[], None],
    ) -> None:
        self._database = database
        self._undone = undone
        self._loop = loop
        self._jobs: deque[Job[Any]] = deque()
        self._wake = threading.Condition()
        self._is_closing = False
        self._trouble: Code | None = None
        self._thread = threading.Thread(target=self._work, name="mailbox", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> Code | None:
        """Why the last commit failed, or None if it did not."""
        return self._trouble

    def submit(self, job: Job[Any]) -> None:
        """Do this soon."""
        with self._wake:
            if len(self._jobs) < MAX_WAITING and not self._is_closing:
                self._jobs.append(job)
                self._wake.notify()
                return
        self._loop.call_soon(job.done, Failed(Code("overloaded")))

    def close(self) -> None:
        """Do what is left, then end. Whom to tell is told if the loop still turns."""
        with self._wake:
            self._is_closing = True
            self._wake.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._jobs and not self._is_closing:
                    self._wake.wait()
                group = [self._jobs.popleft() for _ in range(min(len(self._jobs), MAX_GROUP))]
            if not group:
                self._database.close()
                return
            self._tell(group, self._commit(group))

    def _commit(self, group: Sequence[Job[Any]]) -> list[Any]:
        try:
            self._database.execute("BEGIN")
            results = [job.run(self._database) for job in group]
            self._database.execute("COMMIT")
        except _ERRORS as error:
            self._trouble = _code_of(error)
            self._roll_back()
            self._undone()
            return [self._alone(job, self._trouble) for job in group]
        if any(job.writes for job in group):
            self._trouble = None
        return results

    def _alone(self, job: Job[Any], trouble: Code) -> Any:
        if job.writes:
            return Failed(trouble)
        try:
            return job.run(self._database)
        except _ERRORS as error:
            return Failed(_code_of(error))

    def _roll_back(self) -> None:
        try:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
        except sqlite3.Error:
            # The disk is gone; the next BEGIN fails as well and is answered the same way.
            return

    def _tell(self, group: Sequence[Job[Any]], results: Sequence[Any]) -> None:
        try:
            self._loop.call_soon_threadsafe(_tell_all, group, results)
        except RuntimeError:
            # The loop has ended: there is nobody left to tell.
            return


def _tell_all(group: Sequence[Job[Any]], results: Sequence[Any]) -> None:
    for job, result in zip(group, results, strict=True):
        job.done(result)


def _code_of(error: Exception) -> Code:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_FULL"):
        return Code("disk_full")
    if name.startswith("SQLITE_READONLY"):
        return Code("storage_readonly")
    return Code("storage_failed")
