"""Work that goes on as long as its part runs."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Background:
    """Holds one piece of work. An error it does not handle ends the task that began it."""

    def __init__(self) -> None:
        self._tasks = asyncio.TaskGroup()
        self._task: asyncio.Task[None] | None = None

    async def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin the work."""
        await self._tasks.__aenter__()
        self._task = self._tasks.create_task(work)

    async def end(self) -> None:
        """End the work, wherever it is."""
        if self._task is not None:
            self._task.cancel()
            await self._tasks.__aexit__(None, None, None)
