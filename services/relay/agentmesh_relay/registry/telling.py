"""Every few seconds, one request: who is gone. What agents do waits for nothing of it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol, Self

from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.observability.tasks import Tasks
from agentmesh.protocol.absences import Absence, Absences
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Clock, Entropy
from agentmesh_relay.config import Config
from agentmesh_relay.figures import Figures
from agentmesh_relay.hub import Hub
from agentmesh_relay.registry.identity import opened
from agentmesh_relay.registry.missing import Missing
from agentmesh_relay.registry.wire import NotTaken, RegistryWire

TELL_SECONDS = 3.0
LONGEST_PAUSE = 60.0
_MAX_DOUBLINGS = 5

_log = logging.getLogger(__name__)


class Wire(Protocol):
    """A way to the registry."""

    async def tell(self, said: Absences) -> None:
        """Return once the registry knows it, or raise `NotTaken`."""


class Telling:
    """Tells one registry. `is_whole`: whether we know where all agents are."""

    def __init__(
        self,
        missing: Missing,
        wire: Wire,
        is_whole: Callable[[], bool],
        world: tuple[Clock, Entropy],
    ) -> None:
        self._missing = missing
        self._wire = wire
        self._is_whole = is_whole
        self._clock, self._entropy = world
        self._retry_after = 0
        self._tasks = Tasks()
        self.failures = 0
        """In a row, until now."""

    async def __aenter__(self) -> Self:
        """Begin."""
        await self._tasks.begin()
        self._tasks.start(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """End, wherever it is: what was not told is forgotten."""
        await self._tasks.end()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self.pause())
            await self.tell()

    async def tell(self) -> None:
        """Say who is gone, if somebody is; what is not taken is said again."""
        now = self._clock.monotonic()
        due = self._missing.due(now) if self._is_whole() else {}
        if not due:
            return
        try:
            await self._wire.tell(_batch(due, now))
        except NotTaken as error:
            self._failed(error.retry_after)
            record(_log, logging.WARNING, "absences.not_taken", code=Code(error.code))
        except Exception as error:  # noqa: BLE001  agents are carried on, whatever this is
            self._failed(0)
            record_bug(_log, "absences.failed", error)
        else:
            self._missing.told(due)
            self.failures = self._retry_after = 0

    def pause(self) -> float:
        """Return how long to wait: longer after each failure, and half of it by chance."""
        if not self.failures:
            return TELL_SECONDS
        doubled = TELL_SECONDS * float(2 ** min(self.failures, _MAX_DOUBLINGS))
        longest = min(doubled, LONGEST_PAUSE)
        share = int.from_bytes(self._entropy(4), "big") / 2**32
        return max(longest * (0.5 + share / 2), min(self._retry_after, LONGEST_PAUSE))

    def _failed(self, retry_after: int) -> None:
        self.failures += 1
        self._retry_after = retry_after


def _batch(due: Mapping[Amid, float], now: float) -> Absences:
    return Absences(
        gone=tuple(Absence(amid=it, ago_ms=int((now - at) * 1000)) for it, at in due.items())
    )


@asynccontextmanager
async def telling(
    config: Config,
    hub: Hub,
    figures: Figures,
    is_whole: Callable[[], bool],
    world: tuple[Clock, Entropy],
) -> AsyncIterator[None]:
    """Tell a registry who is gone, while inside."""
    clock, entropy = world
    missing = Missing(hub.has, config.gone_after)
    hub.tell_losses_to(config.registry, lambda amid: missing.lose(amid, clock.monotonic()))
    async with RegistryWire(config.registry, opened(config.identity, entropy), world) as wire:
        told = Telling(missing, wire, is_whole, world)
        figures.watch("missing", "Agents gone that a registry is to hear of.", missing.__len__)
        figures.watch("registry_failures", "In a row, until now.", lambda: told.failures)
        async with told:
            yield
