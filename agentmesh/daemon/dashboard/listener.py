"""The sockets: both loopback addresses or none, and no connection that says half a thing."""

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from aiohttp import web

from agentmesh.daemon.dashboard.replies import Reply, failed
from agentmesh.daemon.dashboard.squatter import how_to_see, who_has
from agentmesh.errors import RemoteProtocolError, TransportError

MAX_CONNECTIONS = 32
HEAD_SECONDS = 10.0
MAX_BODY = 1024 * 1024
_LINGER_SECONDS = 1.0
_SHUTDOWN_SECONDS = 2.0
_BACKLOG = 64
_TURNS_TO_ARRIVE = 5
_TRIES = 20
"""How often a free port is looked for that is free on both addresses."""
_V4, _V6 = "127.0.0.1", "::1"
_NO_V6 = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}

NO_REQUEST = RemoteProtocolError("malformed", "This is no request.")

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
_silent = logging.getLogger("agentmesh.daemon.dashboard.aiohttp")
_silent.disabled = True  # it would quote what a stranger sent


class Bounds(NamedTuple):
    """How many connections, and how long a request's head may take to arrive."""

    connections: int = MAX_CONNECTIONS
    head_seconds: float = HEAD_SECONDS


class _Conversation(web.RequestHandler):
    """What one connection says and is told; what is no request is answered as all else is."""

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 - aiohttp's words
        status: int = 500,  # noqa: ARG002
        exc: BaseException | None = None,  # noqa: ARG002
        message: str | None = None,  # noqa: ARG002 - it quotes what came
    ) -> web.StreamResponse:
        """Return the answer to what is no request."""
        return response(failed(NO_REQUEST, is_last=True))


class _Doorman(asyncio.Protocol):
    """Lets a connection in, or closes it before it says a word."""

    def __init__(self, server: web.Server, bounds: Bounds) -> None:
        self._server = server
        self._bounds = bounds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._server.connections) >= self._bounds.connections:
            transport.close()
            return
        # aiohttp starts its keep-alive clock with the connection, and half a head does not stop it.
        inside = _Conversation(
            self._server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=self._bounds.head_seconds,
            lingering_time=_LINGER_SECONDS,
            access_log=None,  # type: ignore[arg-type]  # so aiohttp is told: no log
            logger=_silent,
            auto_decompress=False,
        )
        transport.set_protocol(inside)
        inside.connection_made(transport)


async def _arrived() -> None:
    """Let those in who dialled in the last moment, to be hung up on."""
    for _ in range(_TURNS_TO_ARRIVE):
        await asyncio.sleep(0)


def response(reply: Reply) -> web.Response:
    """Return a reply as aiohttp sends it."""
    made = web.Response(body=reply.body, status=reply.status, headers=reply.headers)
    if reply.is_last:
        made.force_close()
    return made


def bind(port: int) -> list[socket.socket]:
    """Return sockets that listen on every loopback address, all under one port; 0: any free one."""
    for _ in range(_TRIES if port == 0 else 1):
        first = _bind(_V4, port)
        try:
            return [first, *_bind_v6(first.getsockname()[1])]
        except TransportError:
            first.close()
            if port:
                raise
        except BaseException:
            first.close()
            raise
    raise TransportError("port_taken", "There is no port that is free on both loopback addresses.")


def _bind_v6(port: int) -> list[socket.socket]:
    if not socket.has_ipv6:
        return []
    try:
        return [_bind(_V6, port)]
    except OSError as error:
        if error.errno in _NO_V6:
            return []
        raise


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if host == _V6 else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno in _NO_V6 and family == socket.AF_INET6:
            raise
        raise _cannot(host, port, error) from None


def _cannot(host: str, port: int, error: OSError) -> TransportError:
    if error.errno != errno.EADDRINUSE:
        return TransportError(
            "cannot_listen", f"The dashboard cannot listen on {host} port {port}: {error.strerror}."
        )
    whose = who_has(port)
    by = {"": "another program", "you": "another program of yours"}.get(
        whose, f"a program of {whose}"
    )
    return TransportError(
        "port_taken",
        f"Port {port} of {host} is taken by {by}. It may be another AgentMesh home's dashboard.",
        f"See what it is: {how_to_see(port)}\nOr take another port: "
        f"agentmesh dashboard --port {port + 1}, for good: dashboard_port in config.json",
    )


@asynccontextmanager
async def serving(
    handle: Handle, sockets: Sequence[socket.socket], bounds: Bounds
) -> AsyncIterator[None]:
    """Serve on these sockets while inside, and close them."""
    loop = asyncio.get_running_loop()
    server = web.Server(handle)
    async with AsyncExitStack() as stack:
        for listening in sockets:
            stack.callback(listening.close)
        stack.push_async_callback(server.shutdown, _SHUTDOWN_SECONDS)
        stack.callback(server.pre_shutdown)
        for listening in sockets:
            door = await loop.create_server(lambda: _Doorman(server, bounds), sock=listening)
            stack.callback(door.close)
        stack.push_async_callback(_arrived)
        yield
