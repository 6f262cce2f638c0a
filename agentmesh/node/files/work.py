"""Work that goes on for one transfer each, until it is done or stopped."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

from agentmesh.errors import AgentMeshError
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.observability.tasks import Tasks
from agentmesh.protocol.ids import FileId

Job = Callable[[], Awaitable[None]]
P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("agentmesh.node")


class Work:
    """At most one piece of work for a transfer; an error of one ends no other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._group = Tasks()
        self._tasks: dict[FileId, asyncio.Task[None]] = {}
        self.is_ending = True

    async def begin(self) -> None:
        """Be ready."""
        await self._group.begin()
        self.is_ending = False

    async def end(self) -> None:
        """Stop everything, wherever it is."""
        self.is_ending = True
        await self._group.end()

    def start(self, file_id: FileId, work: Job) -> None:
        """Begin, after what is at work for this transfer has ended."""
        if self.is_ending:
            return
        before = self._tasks.get(file_id)
        self._tasks[file_id] = self._group.start(self._run(file_id, before, work))

    async def stop(self, file_id: FileId) -> None:
        """End the work for a transfer; return when it has ended. Work that stops itself goes on."""
        task = self._tasks.get(file_id)
        if task is not None and task is not asyncio.current_task():
            task.cancel()
            await asyncio.wait([task])

    async def _run(
        self,
        file_id: FileId,
        before: asyncio.Task[None] | None,
        work: Job,
    ) -> None:
        try:
            if before is not None:
                await asyncio.wait([before])
            await work()
        except AgentMeshError as error:
            record(log, logging.WARNING, f"{self._name}.failed", code=Code(error.code))
        except Exception as error:  # noqa: BLE001 - one file must not end all the others
            record_bug(log, f"{self._name}.bug", error)
        finally:
            if self._tasks.get(file_id) is asyncio.current_task():
                del self._tasks[file_id]


async def in_thread(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run in a thread; return or be cancelled only when the thread is done with its file."""
    loop = asyncio.get_running_loop()
    running = loop.run_in_executor(None, partial(do, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    finally:
        while not running.done():  # its file must stay open, however often this is cancelled
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])
