"""What time changes without anybody asking: presence fades, certificates and records run out."""

import asyncio
import logging
from typing import Self

from agentmesh.errors import StorageError
from agentmesh.observability.logs import record
from agentmesh.observability.tasks import Tasks
from agentmesh_registry.desk import Desk

SWEEP_SECONDS = 20

_log = logging.getLogger(__name__)


class Sweeping:
    """Sweeps as long as it is entered."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tasks = Tasks()

    async def __aenter__(self) -> Self:
        """Begin."""
        await self._tasks.begin()
        self._tasks.start(self._sweep())
        return self

    async def __aexit__(self, *_: object) -> None:
        """End, wherever it is."""
        await self._tasks.end()

    async def _sweep(self) -> None:
        while True:
            try:
                await self._desk.listings.sweep(self._desk.now())
                await self._desk.lapses.sweep(self._desk.now())
            except StorageError:  # who asks hears of it; the next sweep finds what this one missed
                record(_log, logging.WARNING, "sweep.failed")
            await asyncio.sleep(SWEEP_SECONDS)
