"""The relay put together: its parts, its two ports, and the way down."""

import asyncio
import logging
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from picows import (
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from agentmesh.observability.health import Health
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.observability.metrics import CONTENT_TYPE
from agentmesh.protocol import limits
from agentmesh.protocol.origin import CONNECT_PATH
from agentmesh.protocol.world import Clock, Entropy
from agentmesh_relay.arrivals import Arrivals
from agentmesh_relay.config import MEBIBYTE, Address, Config
from agentmesh_relay.connection import Connection
from agentmesh_relay.door import Door
from agentmesh_relay.figures import Figures
from agentmesh_relay.hub import Hub
from agentmesh_relay.limits import allowed
from agentmesh_relay.mailbox.sqlite import SqliteMailbox
from agentmesh_relay.neighbours import Alone, Kept
from agentmesh_relay.outgoing import Turn
from agentmesh_relay.place import data_folder, listening_socket, raise_descriptor_limit, tls_context

HEADER_SECONDS = 10
"""How long a client may take to say what it wants."""

READ_BUFFER_BYTES = 1024
FAREWELL_TICKS = 20
TICK_SECONDS = 0.1
LOOK_SECONDS = 1
LOOKS_TO_CLEAN = 60

_log = logging.getLogger(__name__)

Answer = Connection | WSUpgradeResponseWithListener | None


async def serve(config: Config, clock: Clock, entropy: Entropy) -> None:
    """Run until SIGTERM or SIGINT; raise `AgentMeshError` if that is not possible here."""
    asyncio.get_running_loop().set_exception_handler(_note)
    stop = _stop_on_signals()
    raise_descriptor_limit()
    context = tls_context(config.tls)
    with listening_socket(config.listen) as door_socket:
        figures = Figures()
        port = door_socket.getsockname()[1]
        async with _keeping(config, figures, clock, entropy) as kept:
            allowance = allowed(
                config.messages_per_minute,
                config.knocks_per_minute,
                config.bulk_mib_per_minute * MEBIBYTE,
            )
            turn = Turn(asyncio.get_running_loop(), clock)
            hub = Hub(allowance, kept.mailbox, figures, turn, entropy)
            hub.join(kept.neighbours)
            door = Door(config.origin_at(port), clock, entropy)
            arrivals = Arrivals(door, hub, figures, turn)
            health = Health("relay", kept.checks)
            entrance = Entrance(arrivals, health)
            async with (
                _listening(door_socket, entrance.answer, context),
                _admin(config, figures, health),
            ):
                scheme = "ws" if context is None else "wss"
                _tell(f"listening on {scheme}://{Address(config.listen.host, port)}{CONNECT_PATH}")
                record(_log, logging.INFO, "relay.started", port=port)
                await _look_after(arrivals, hub, stop)
            await _part(arrivals)
    record(_log, logging.INFO, "relay.stopped")


class Entrance:
    """What the main port answers: WebSockets on one path, health on three."""

    def __init__(self, arrivals: Arrivals, health: Health) -> None:
        self._arrivals = arrivals
        self._health = health

    def answer(self, request: WSUpgradeRequest) -> Answer:
        """Return a connection or a document, or None: not found."""
        path = _path(request)
        if path == CONNECT_PATH:
            return self._arrivals.connection()
        return _document(self._health.answer(path))


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
                # In a thread: the loop has to turn for those who are told what became of it.
                await asyncio.to_thread(mailbox.close)
        return
    # Whoever runs one relay alone does not need the library.
    from agentmesh_relay.cluster.joined import joined  # noqa: PLC0415

    async with joined(config.nats, config.origin or "", figures, clock, entropy) as kept:
        yield kept


@asynccontextmanager
async def _listening(
    door: socket.socket,
    answer: Callable[[WSUpgradeRequest], Answer],
    context: ssl.SSLContext | None,
) -> AsyncIterator[None]:
    server = await ws_create_server(
        answer,
        sock=door,
        ssl=context,
        websocket_handshake_timeout=HEADER_SECONDS,
        logger_name=_silent(),
        enable_auto_pong=False,
        max_frame_size=limits.MAX_RELAY_FRAME,
        read_buffer_init_size=READ_BUFFER_BYTES,
        use_aiofastnet=False,
        backlog=4096,
    )
    try:
        yield
    finally:
        server.close()


@asynccontextmanager
async def _admin(config: Config, figures: Figures, health: Health) -> AsyncIterator[None]:
    if config.admin is None:
        yield
        return

    def answer(request: WSUpgradeRequest) -> Answer:
        path = _path(request)
        if path == "/metrics":
            return _document((200, figures.render()), CONTENT_TYPE)
        return _document(health.answer(path))

    with listening_socket(config.admin) as admin_socket:
        async with _listening(admin_socket, answer, None):
            address = Address(config.admin.host, admin_socket.getsockname()[1])
            _tell(f"admin on http://{address}/metrics")
            yield


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _look_after(arrivals: Arrivals, hub: Hub, stop: asyncio.Event) -> None:
    """Do what time demands, until told to stop."""
    looks = 0
    while not stop.is_set():
        arrivals.look()
        hub.look()
        looks += 1
        if looks % LOOKS_TO_CLEAN == 0:
            hub.clean()
        try:
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
        except TimeoutError:
            continue


async def _part(arrivals: Arrivals) -> None:
    arrivals.part_all()
    for _ in range(FAREWELL_TICKS):
        if not len(arrivals):
            return
        await asyncio.sleep(TICK_SECONDS)
    arrivals.cut_all()


def _path(request: WSUpgradeRequest) -> str:
    return request.path.decode("ascii", "replace").partition("?")[0]


def _document(
    found: tuple[int, bytes] | None, kind: str = "application/json"
) -> WSUpgradeResponseWithListener | None:
    if found is None:
        return None
    status, body = found
    headers = {"Content-Type": kind, "Cache-Control": "no-store"}
    if status == HTTPStatus.OK:
        response = WSUpgradeResponse.create_ok_response(body, headers)
    else:
        response = WSUpgradeResponse.create_error_response(status, body, headers)
    return WSUpgradeResponseWithListener(response, None)


def _silent() -> "logging.LoggerAdapter[logging.Logger]":
    # picows prints what strangers send. (An adapter: it makes no logger for each connection.)
    logger = logging.getLogger("picows.server")
    logger.setLevel(logging.CRITICAL + 1)
    return logging.LoggerAdapter(logger, {})


def _note(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    if isinstance(error, OSError):  # no descriptors left; or (TimeoutError) headers that never came
        record(_log, logging.WARNING, "connection.failed", kind=Code(type(error).__name__))
    elif isinstance(error, BaseException):
        record_bug(_log, "loop.failed", error)


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
