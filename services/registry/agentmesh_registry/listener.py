"""A listening socket with bounds: so many connections, and so long for a request to arrive."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from agentmesh.errors import TransportError
from agentmesh_registry.config import Address

Refusal = Callable[[], web.Response]
Listen = Callable[[], asyncio.Protocol]

_SHUTDOWN_SECONDS = 3
_BACKLOG = 512


class Crowd(msgspec.Struct, frozen=True):
    """How many connections there may be, in all and from one address."""

    total: int
    each: int


class _Listener(web.RequestHandler):
    """Hears requests. What is none gets our answer: the library's would repeat and log it."""

    __slots__ = ("_refusal",)

    def __init__(self, server: web.Server, refusal: Refusal, arrival_seconds: float) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # none is none
            auto_decompress=False,
            keepalive_timeout=arrival_seconds,
        )
        self._refusal = refusal

    def handle_error(self, *_given: object, **_named: object) -> web.StreamResponse:
        """Return the answer to what could not be read."""
        response = self._refusal()
        response.force_close()
        return response


class _Doorman(asyncio.Protocol):
    """Lets a connection in, or closes it before it says a word."""

    def __init__(self, server: web.Server, crowd: Crowd, listen: Listen) -> None:
        self._server = server
        self._crowd = crowd
        self._listen = listen

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        inside = self._server.connections
        address = _host(transport.get_extra_info("peername"))
        from_there = sum(1 for one in inside if _host(one.peername) == address)
        if len(inside) >= self._crowd.total or from_there >= self._crowd.each:
            transport.close()
            return
        handler = self._listen()
        transport.set_protocol(handler)
        handler.connection_made(transport)


def _host(peer: object) -> str:
    return str(peer[0]) if isinstance(peer, tuple) else ""


def bind(address: Address) -> socket.socket:
    """Return a socket bound to the address, or say why there is none."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        raise TransportError(
            "port_taken" if taken else "cannot_listen",
            f"Cannot listen on {address.host}:{address.port}: {error.strerror}.",
            "Stop the program that has the port, or name another: --listen 127.0.0.1:0"
            if taken
            else "Name an address of this machine: --listen 127.0.0.1:8080",
        ) from None


def bound(listener: socket.socket) -> Address:
    """Return where a socket listens."""
    host, port = listener.getsockname()[:2]
    return Address(host, port)


@asynccontextmanager
async def serving(
    app: web.Application,
    listener: socket.socket,
    refusal: Refusal,
    *,
    arrival_seconds: float,
    crowd: Crowd,
) -> AsyncIterator[None]:
    """Serve an application on a bound socket while inside; `refusal` answers what is no request.

    A connection on which no whole request head arrives in `arrival_seconds` is cut: aiohttp starts
    its keep-alive clock with the connection, and half a head does not stop it.
    """
    runner = web.AppRunner(app, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    server = runner.server
    if server is None:  # pragma: no cover  a runner that is set up has one
        raise TransportError("cannot_listen")
    door = await asyncio.get_running_loop().create_server(
        lambda: _Doorman(server, crowd, lambda: _Listener(server, refusal, arrival_seconds)),
        sock=listener,
    )
    try:
        yield
    finally:
        door.close()
        await runner.cleanup()
