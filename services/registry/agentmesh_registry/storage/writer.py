"""Group commit: what came while the last changes were being kept is kept together.

Each change is all or nothing for itself, and answered once the whole group is on the disk.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
Transact = Callable[[Work[Any]], Awaitable[Any]]
"""Does work in a transaction of its own, and returns what it returns."""

MAX_GROUP = 64


class _Failed(NamedTuple):
    error: Exception


class _Job(NamedTuple):
    work: Work[Any]
    answer: asyncio.Future[Any]

    def end(self, outcome: Any) -> None:
        if self.answer.done():
            return
        if isinstance(outcome, _Failed):
            self.answer.set_exception(outcome.error)
        else:
            self.answer.set_result(outcome)


class Writer:
    """One group after the other. Whoever asks waits for it no longer than the given seconds."""

    def __init__(self, transact: Transact, seconds: float) -> None:
        self._transact = transact
        self._seconds = seconds
        self._waiting: asyncio.Queue[_Job | None] = asyncio.Queue()
        self._tasks = asyncio.TaskGroup()

    async def open(self) -> None:
        """Begin to write."""
        await self._tasks.__aenter__()
        self._tasks.create_task(self._write())

    async def close(self) -> None:
        """Finish what waits."""
        self._waiting.put_nowait(None)
        await self._tasks.__aexit__(None, None, None)

    async def run(self, work: Work[T]) -> T:
        """Do the work, and return its result once it is kept; a failure leaves nothing of it."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(_Job(work, answer))
        async with asyncio.timeout(self._seconds):
            return await answer

    async def _write(self) -> None:
        while group := await self._next_group():
            await self._keep(group)

    async def _next_group(self) -> list[_Job]:
        """Wait for a job, take those that wait with it; an empty group is the end."""
        group: list[_Job] = []
        job = await self._waiting.get()
        while job is not None:
            group.append(job)
            if len(group) == MAX_GROUP or self._waiting.empty():
                return group
            job = self._waiting.get_nowait()
        if group:
            self._waiting.put_nowait(None)
        return group

    async def _keep(self, everybody: Sequence[_Job]) -> None:
        # What nobody waits for any more is not done at all.
        group = [job for job in everybody if not job.answer.done()]
        if not group:
            return
        outcomes: Sequence[Any]
        try:
            outcomes = await self._transact(_together([job.work for job in group]))
        except Exception as error:  # noqa: BLE001  everybody in the group gets it
            outcomes = [_Failed(error)] * len(group)
        for job, outcome in zip(group, outcomes, strict=True):
            job.end(outcome)


def _together(works: Sequence[Work[Any]]) -> Work[list[Any]]:
    if len(works) == 1:
        return lambda connection: [works[0](connection)]
    return lambda connection: [_attempt(connection, work) for work in works]


def _attempt(connection: sa.Connection, work: Work[Any]) -> Any:
    """Do one piece of work; what fails alone leaves the others of its group untouched."""
    savepoint = connection.begin_nested()
    try:
        result = work(connection)
    except Exception as error:  # noqa: BLE001  its own caller gets it
        # If the whole transaction is gone (a full disk, a lost server), this fails with all of it.
        savepoint.rollback()
        return _Failed(error)
    savepoint.commit()
    return result
