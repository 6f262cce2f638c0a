"""The life of a link: it waits for NATS a while, stays connected, and says the last words."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from agentmesh.errors import TransportError
from agentmesh.observability.logs import record, record_bug
from agentmesh.observability.tasks import Tasks
from agentmesh_relay.cluster.link import Link

START_SECONDS = 15
"""How long a relay that starts waits for NATS, which may be starting as well."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def linked(link: Link, patience: float = START_SECONDS) -> AsyncIterator[None]:
    """Connect, and stay connected until left; say what is missing if that takes too long."""
    tasks = Tasks()
    await tasks.begin()
    tasks.start(_noted(link.wait_for_room))
    try:
        await _connect(link, patience)
        tasks.start(_noted(link.stay))
        yield
    finally:
        await tasks.end()
        await link.close()


async def _connect(link: Link, patience: float) -> None:
    try:
        await link.connect()
    except TransportError:
        record(_log, logging.WARNING, "nats.not_there")
    else:
        return
    try:
        async with asyncio.timeout(patience):
            await link.come_back()
    except TimeoutError:
        raise TransportError(
            "nats_unreachable",
            "NATS does not answer, or does not let us in.",
            "Start nats-server with JetStream, or look at address and password given with --nats.",
        ) from None


async def _noted(work: Callable[[], Awaitable[None]]) -> None:
    """Do it; what goes wrong is said, and ends nothing else."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001 - agents that are here are carried on
        record_bug(_log, "nats.failed", error)
