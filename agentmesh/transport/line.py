"""The socket of one dial: ours until the dial has come to something, let go of if it never does."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

from agentmesh.transport.addresses import connect_to

LET_GO_TURNS = 20
"""How long whoever else holds the socket may take to notice that it was shut down."""

Connect = Callable[[str, int], Awaitable[socket.socket]]


class Line:
    """Connects with `connect`, and remembers the socket."""

    def __init__(self, connect: Connect = connect_to) -> None:
        self._connect = connect
        self._sockets: list[socket.socket] = []

    async def open(self, host: str, port: int) -> socket.socket:
        """Return a socket that is connected to this place."""
        connected = await self._connect(host, port)
        self._sockets.append(connected)
        return connected

    async def let_go(self) -> None:
        """Hang up, however far the dial had come.

        A transport that has the socket already closes it by itself once it reads the end.
        """
        for held in self._sockets:
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
        for _ in range(LET_GO_TURNS):
            if all(held.fileno() < 0 for held in self._sockets):
                return
            await asyncio.sleep(0)
        for held in self._sockets:
            held.close()
