"""Work that ends with the part which holds it: for certain, whatever fails at that moment.

A cancellation may get lost. Where something fails at the same moment, `asyncio.wait_for` and task
groups of Python 3.11 tell of that alone, and work that tries again goes on: so it is told again.
"""

import asyncio
import logging
from collections.abc import Coroutine
from types import CoroutineType
from typing import Any, TypeVar, cast

from agentmesh.observability.logs import Code, record

TELLINGS = (2.5, 2.5, 1.0)
"""How long each telling is waited for; what does not end even then is left behind."""
FINISH_SECONDS = 3.0
"""How long what is on its way to the disk may take before it is told to end, too."""

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Tasks:
    """Pieces of work. An error that one does not handle ends the task that began them."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._running: set[asyncio.Task[Any]] = set()
        self._has_begun = False
        self._was_cancelled = False

    def __len__(self) -> int:
        """Return how many are at work."""
        return len(self._running)

    async def begin(self) -> None:
        """Be ready; what is started from now on ends with `end`."""
        await self._group.__aenter__()
        self._has_begun = True

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin a piece of work."""
        task = self._group.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def end(self, patience: float = 0.0) -> None:
        """Return when all work has ended; what takes longer than `patience` is told to.

        What hides that it was told is named in the log and left behind: others have to end, too.
        """
        if not self._has_begun:
            return
        await self._wait(patience)
        for seconds in TELLINGS:
            for task in self._running:
                task.cancel()
            await self._wait(seconds)
        if not self._running:
            await self._group.__aexit__(None, None, None)
        for task in self._running:
            record(_log, logging.WARNING, "task.goes_on", task=name_of(task), at=place_of(task))
        if self._was_cancelled:
            raise asyncio.CancelledError

    async def _wait(self, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        while self._running and (left := until - clock()) > 0:
            try:
                await asyncio.wait(self._running, timeout=left)
            except asyncio.CancelledError:  # perhaps the group's own doing, of which it tells
                self._was_cancelled = True


def end_if_told() -> None:
    """Raise the cancellation that a failure has hidden: for loops that try again.

    Not for a task that goes on after a task group of it failed: Python 3.11 counts that as one.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def name_of(task: asyncio.Task[Any]) -> Code:
    """Return what a task does."""
    named: str = getattr(task.get_coro(), "__qualname__", "unknown")
    return Code(named.replace(".<locals>", ""))


def place_of(task: asyncio.Task[Any]) -> Code:
    """Return where a task waits: the innermost function of ours or a library's, and its line."""
    place, awaited = "unknown", cast(object, task.get_coro())
    while isinstance(awaited, CoroutineType) and awaited.cr_frame is not None:
        place = f"{awaited.cr_frame.f_code.co_name}:{awaited.cr_frame.f_lineno}"
        awaited = awaited.cr_await
    return Code(place)
