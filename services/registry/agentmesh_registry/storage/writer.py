"""Group commit: what came while the last changes were being kept is kept together.

Each change is all or nothing for itself, and answered once the whole group is on the disk.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import sqlalchemy as sa

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

MAX_GROUP = 64
BUSY_SECONDS = 0.005
"""For so long after a commit that was shared nothing counts as alone: more is on its way."""


class _Failed(NamedTuple):
    error: Exception


class Way(Protocol):
    """Does work, each piece in a transaction of its own, and returns what it returns."""

    async def run(self, work: Work[T]) -> T:
        """Do the work."""

    async def run_small(self, work: Work[T]) -> T:
        """Do work that is over at once."""


class _Job(NamedTuple):
    work: Work[Any]
    answer: asyncio.Future[Any]
    is_small: bool

    def end(self, outcome: Any) -> None:
        if self.answer.done():
            return
        if isinstance(outcome, _Failed):
            self.answer.set_exception(outcome.error)
        else:
            self.answer.set_result(outcome)


class Writer:
    """One group after the other. Whoever asks waits for it no longer than the given seconds."""

    def __init__(self, way: Way, seconds: float) -> None:
        self._way = way
        self._seconds = seconds
        self._busy_until = 0.0
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

    async def run(self, work: Work[T], *, is_small: bool = False) -> T:
        """Do the work, and return its result once it is kept; a failure leaves nothing of it."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(_Job(work, answer, is_small))
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
            outcomes = await self._transact(group)
        except Exception as error:  # noqa: BLE001  everybody in the group gets it
            outcomes = [_Failed(error)] * len(group)
        for job, outcome in zip(group, outcomes, strict=True):
            job.end(outcome)

    async def _transact(self, group: Sequence[_Job]) -> Sequence[Any]:
        now = asyncio.get_running_loop().time()
        if len(group) > 1:
            self._busy_until = now + BUSY_SECONDS
            return await self._way.run(_together([job.work for job in group]))
        (job,) = group
        if job.is_small and now >= self._busy_until:
            return [await self._way.run_small(job.work)]
        return [await self._way.run(job.work)]


def _together(works: Sequence[Work[Any]]) -> Work[list[Any]]:
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
