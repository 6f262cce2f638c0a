"""Work that goes on as long as its part runs."""

import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from agentmesh.errors import AgentMeshError, StorageError
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.observability.tasks import Tasks

log = logging.getLogger("agentmesh.node")


async def looked(look: Callable[[], Awaitable[None]], name: str) -> None:
    """Look once. What goes wrong is logged under this name and ends nothing: there is a next look.

    Without a registry every look fails: that is no warning. Without a disk it is one.
    """
    try:
        await look()
    except AgentMeshError as error:
        level = logging.WARNING if isinstance(error, StorageError) else logging.INFO
        record(log, level, f"{name}.failed", code=Code(error.code))
    except Exception as error:  # noqa: BLE001 (the next look may be better)
        record_bug(log, f"{name}.bug", error)


class Background:
    """Holds one piece of work. An error it does not handle ends the task that began it."""

    def __init__(self) -> None:
        self._tasks = Tasks()

    async def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin the work."""
        await self._tasks.begin()
        self._tasks.start(work)

    async def end(self) -> None:
        """End the work, wherever it is."""
        await self._tasks.end()
