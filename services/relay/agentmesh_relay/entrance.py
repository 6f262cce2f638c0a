"""The ports: WebSockets on one path, health on three; nothing for web pages that nobody named."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus

from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from agentmesh.observability.health import Health
from agentmesh.observability.metrics import CONTENT_TYPE
from agentmesh.protocol.origin import CONNECT_PATH
from agentmesh_relay.arrivals import Arrivals
from agentmesh_relay.connection import Connection
from agentmesh_relay.figures import Figures
from agentmesh_relay.lobby import HANDSHAKE_SECONDS, Lobby
from agentmesh_relay.newcomer import Newcomer, nobody_hears

Answer = Connection | WSUpgradeResponseWithListener | None


class Entrance:
    """What the main port answers."""

    def __init__(self, arrivals: Arrivals, health: Health, allowed_origins: frozenset[str]) -> None:
        self._arrivals = arrivals
        self._health = health
        self._allowed_origins = allowed_origins

    def answer(self, began_at: float, request: WSUpgradeRequest) -> Answer:
        """Return a connection or a document, or None: not found."""
        path = _path(request)
        page = request.headers.get("Origin")  # browsers say it, agents do not
        is_allowed = page is not None and page.lower() in self._allowed_origins
        if path == CONNECT_PATH:
            if page is None or is_allowed:
                return self._arrivals.connection(began_at, request)
            return _document((HTTPStatus.FORBIDDEN, b'{"error":"origin_not_allowed"}'))
        return _document(self._health.answer(path), page=page if is_allowed else None)


class Admin:
    """What the private port answers."""

    def __init__(self, figures: Figures, health: Health) -> None:
        self._figures = figures
        self._health = health

    def answer(self, _began_at: float, request: WSUpgradeRequest) -> Answer:
        """Return a document, or None: not found."""
        path = _path(request)
        if path == "/metrics":
            return _document((HTTPStatus.OK, self._figures.render()), CONTENT_TYPE)
        return _document(self._health.answer(path))


@asynccontextmanager
async def listening(
    door: socket.socket,
    lobby: Lobby,
    answer: Callable[[float, WSUpgradeRequest], Answer],
    context: ssl.SSLContext | None,
) -> AsyncIterator[None]:
    """Answer at this socket for as long as the block lasts."""
    server = await asyncio.get_running_loop().create_server(
        partial(Newcomer, lobby, answer, nobody_hears()),
        sock=door,
        ssl=context,
        ssl_handshake_timeout=None if context is None else HANDSHAKE_SECONDS,
        backlog=4096,
    )
    try:
        yield
    finally:
        server.close()


def _path(request: WSUpgradeRequest) -> str:
    return request.path.decode("ascii", "replace").partition("?")[0]


def _document(
    found: tuple[int, bytes] | None, kind: str = "application/json", page: str | None = None
) -> WSUpgradeResponseWithListener | None:
    if found is None:
        return None
    status, body = found
    headers = {"Content-Type": kind, "Cache-Control": "no-store"}
    if page is not None:
        headers |= {"Access-Control-Allow-Origin": page, "Vary": "Origin"}
    if status == HTTPStatus.OK:
        response = WSUpgradeResponse.create_ok_response(body, headers)
    else:
        response = WSUpgradeResponse.create_error_response(status, body, headers)
    return WSUpgradeResponseWithListener(response, None)
