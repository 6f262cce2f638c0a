"""The relay put together: its parts, its two ports, and the way down."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from agentmesh.errors import UsageError
from agentmesh.observability.health import Health
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.observability.stopping import Stopping, Told
from agentmesh.protocol.origin import CONNECT_PATH
from agentmesh.protocol.world import Clock, Entropy
from agentmesh_relay.arrivals import Arrivals
from agentmesh_relay.config import MEBIBYTE, Address, Config
from agentmesh_relay.crowd import Crowd
from agentmesh_relay.door import Door
from agentmesh_relay.entrance import Admin, Entrance, listening
from agentmesh_relay.figures import Figures
from agentmesh_relay.hub import Hub
from agentmesh_relay.judge import Judge
from agentmesh_relay.ledger import Ledger
from agentmesh_relay.limits import allowed
from agentmesh_relay.lobby import HANDSHAKE_SECONDS, HEADER_SECONDS, MAX_OPEN, Lobby
from agentmesh_relay.looks import Looks
from agentmesh_relay.mailbox.sqlite import SqliteMailbox
from agentmesh_relay.neighbours import Alone, Kept
from agentmesh_relay.outgoing import Turn
from agentmesh_relay.place import data_folder, listening_socket, raise_descriptor_limit, tls_context
from agentmesh_relay.proxies import Proxies

MAX_ADMINS = 64
"""Connections to the private port."""

LAST_SECONDS = 30.0
"""What is in memory goes to the disk first, which may be slow."""
FAREWELL_TICKS = 20
TICK_SECONDS = 0.1

_log = logging.getLogger(__name__)


async def serve(config: Config, clock: Clock, entropy: Entropy) -> None:
    """Run until SIGTERM or SIGINT; raise `AgentMeshError` if that is not possible here."""
    asyncio.get_running_loop().set_exception_handler(_note)
    stopping = Stopping(asyncio.get_running_loop(), LAST_SECONDS)
    stopping.listen()
    room = raise_descriptor_limit()
    if room < MAX_OPEN:
        record(_log, logging.WARNING, "descriptors.few", room=room, wanted=MAX_OPEN)
    context = tls_context(config.tls)
    with listening_socket(config.listen) as door_socket:
        figures = Figures()
        port = door_socket.getsockname()[1]
        async with AsyncExitStack() as stack:
            try:
                kept = await stopping.enter(_keeping(config, figures, clock, entropy), stack)
            except Told:
                return
            allowance = allowed(
                config.messages_per_minute,
                config.knocks_per_minute,
                config.bulk_mib_per_minute * MEBIBYTE,
            )
            turn = Turn(asyncio.get_running_loop(), clock)
            hub = Hub(allowance, kept.mailbox, figures, turn, entropy)
            hub.join(kept.neighbours)
            ledger = Ledger(_ledger(config, port), hub.accounts, clock)
            ledger.load()
            proxies = Proxies(config.trusted_proxies)
            crowd = Crowd(config.connections_per_address, proxies)
            seconds = HEADER_SECONDS if context is None else HEADER_SECONDS - HANDSHAKE_SECONDS
            most = min(room, MAX_OPEN)
            lobby = Lobby(config.connections_per_address, proxies, turn, most, seconds)
            admins = Lobby(MAX_ADMINS, Proxies(), turn, MAX_ADMINS)
            figures.watch("sockets", "Open sockets, with those that said nothing.", lobby.__len__)
            judge = Judge(Door(config.origin_at(port), clock, entropy))
            arrivals = Arrivals(judge, hub, figures, turn, crowd)
            health = Health("relay", kept.checks)
            figures.watch("ready", "Whether letters can be kept.", partial(_is_ready, kept))
            entrance = Entrance(arrivals, health, config.allowed_origins)
            async with (
                judge,
                _telling(config, hub, figures, kept, (clock, entropy)),
                listening(door_socket, lobby, entrance.answer, context),
                _admin(config, Admin(figures, health), admins),
            ):
                scheme = "ws" if context is None else "wss"
                _tell(f"listening on {scheme}://{Address(config.listen.host, port)}{CONNECT_PATH}")
                record(_log, logging.INFO, "relay.started", port=port)
                looks = Looks(arrivals, (lobby, admins), hub, ledger, clock)
                await looks.go_on_until(stopping.told)
            await _part(arrivals)
            await ledger.save()
    record(_log, logging.INFO, "relay.stopped")


def _is_ready(kept: Kept) -> bool:
    return not any(check() for check in kept.checks.values())


def _ledger(config: Config, port: int) -> Path:
    # Nodes of a cluster may share a folder, and need none.
    return config.data / (f"limits-{port}.msgpack" if config.nats else "limits.msgpack")


@asynccontextmanager
async def _keeping(
    config: Config, figures: Figures, clock: Clock, entropy: Entropy
) -> AsyncIterator[Kept]:
    if not config.nats:
        with data_folder(config.data) as folder:
            mailbox = SqliteMailbox(folder / "mailbox.sqlite")
            try:
                yield Kept(mailbox, Alone(), {"mailbox": mailbox.trouble})
            finally:
                mailbox.hurry()
                # In a thread: the loop has to turn for those who are told what became of it.
                await asyncio.to_thread(mailbox.close)
        return
    try:
        # Whoever runs one relay alone does not need the library.
        from agentmesh_relay.cluster.joined import joined  # noqa: PLC0415
    except ImportError:
        raise UsageError(
            "nats_missing",
            "One of several nodes speaks with NATS, and nats-py is not installed.",
            "pip install 'agentmesh-openclaw[cluster]'",
        ) from None
    async with joined(config.nats, config.origin or "", figures, clock, entropy) as kept:
        yield kept


@asynccontextmanager
async def _telling(
    config: Config, hub: Hub, figures: Figures, kept: Kept, world: tuple[Clock, Entropy]
) -> AsyncIterator[None]:
    if not config.registry:
        yield
        return
    # Whoever tells nobody does not load what it takes.
    from agentmesh_relay.registry.telling import telling  # noqa: PLC0415

    async with telling(config, hub, figures, partial(_is_whole, kept), world):
        yield


def _is_whole(kept: Kept) -> bool:
    hears_others = kept.checks.get("nodes")
    return hears_others is None or not hears_others()


@asynccontextmanager
async def _admin(config: Config, admin: Admin, lobby: Lobby) -> AsyncIterator[None]:
    if config.admin is None:
        yield
        return
    with listening_socket(config.admin) as admin_socket:
        async with listening(admin_socket, lobby, admin.answer, None):
            address = Address(config.admin.host, admin_socket.getsockname()[1])
            _tell(f"admin on http://{address}/metrics")
            yield


async def _part(arrivals: Arrivals) -> None:
    arrivals.part_all()
    for _ in range(FAREWELL_TICKS):
        if not len(arrivals):
            return
        await asyncio.sleep(TICK_SECONDS)
    arrivals.cut_all()


def _note(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if isinstance(error, OSError):  # no descriptors left; or (TimeoutError) headers that never came
        record(_log, logging.WARNING, "connection.failed", kind=Code(type(error).__name__))
    elif isinstance(error, BaseException):
        record_bug(_log, "loop.failed", error)


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
