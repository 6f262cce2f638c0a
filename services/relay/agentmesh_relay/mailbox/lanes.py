"""Work by name: what is asked about one name is done one after another, names beside each other."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from agentmesh.observability.logs import record_bug
from agentmesh.protocol.ids import Amid

_log = logging.getLogger(__name__)

Job = Callable[[], Awaitable[None]]


class Lanes:
    """Keeps at most `crew` names busy at once."""

    def __init__(self, crew: int) -> None:
        self._crew = asyncio.Semaphore(crew)
        self._lanes: dict[Amid, deque[Job]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __contains__(self, name: object) -> bool:
        return name in self._lanes

    def enter(self, name: Amid, job: Job) -> None:
        """Do this after all that was asked about the name before."""
        lane = self._lanes.get(name)
        if lane is not None:
            lane.append(job)
            return
        self._lanes[name] = deque((job,))
        task = asyncio.ensure_future(self._work(name))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self, seconds: float) -> None:
        """Wait for so long until all is done; then drop the rest."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()

    async def _work(self, name: Amid) -> None:
        lane = self._lanes[name]
        try:
            async with self._crew:
                while lane:
                    await self._do(lane.popleft())
        finally:
            del self._lanes[name]

    async def _do(self, job: Job) -> None:
        try:
            await job()
        except Exception as error:  # noqa: BLE001 - a bug; the others in the lane are no part of it
            record_bug(_log, "mailbox.failed", error)
