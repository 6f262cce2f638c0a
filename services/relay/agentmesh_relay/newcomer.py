"""A socket from its first moment on: next to nothing until it speaks, then a WebSocket's.

Sockets that say nothing come by the ten thousand: what each of them costs is what it takes to count
it and to close it.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from picows import WSUpgradeRequest
from picows.picows import WSAutoPingStrategy, WSProtocol  # type: ignore[attr-defined] # untyped

from agentmesh.protocol import limits
from agentmesh_relay.lobby import Lobby

READ_BUFFER_BYTES = 1024

Answer = Callable[[float, WSUpgradeRequest], Any]
"""What becomes of a request on a socket that began then."""


Log = logging.LoggerAdapter[logging.Logger]


class Newcomer(asyncio.Protocol):
    """Counts in the lobby. With its first bytes its socket becomes a `Socket`'s."""

    __slots__ = ("_address", "_answer", "_began_at", "_lobby", "_log", "_ticket", "_transport")

    def __init__(self, lobby: Lobby, answer: Answer, log: Log) -> None:
        self._lobby = lobby
        self._answer = answer
        self._log = log
        self._address = ""
        self._ticket = lobby.ticket()
        self._began_at = lobby.now()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # is one
        """See asyncio."""
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        if self._lobby.enter(self._address, self._ticket, transport):
            self._transport = transport
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        transport, self._transport = self._transport, None
        if transport is None:
            return
        # Not with the socket itself in it: that would be a ring, and nobody looks for these soon.
        heard = partial(_heard, self._lobby, self._ticket, partial(self._answer, self._began_at))
        left = partial(self._lobby.leave, self._address, self._ticket)
        socket = Socket(heard, left, self._log)
        transport.set_protocol(socket)
        socket.connection_made(transport)
        socket.take(data, transport)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        """See asyncio."""
        self._transport = None
        self._lobby.leave(self._address, self._ticket)


class Socket(WSProtocol):  # type: ignore[misc] # picows has no types for it
    """picows' protocol; a WebSocket once `answer` let it be one."""

    __slots__ = ("_left",)

    def __init__(
        self, answer: Callable[[WSUpgradeRequest], Any], left: Callable[[], None], log: Log
    ) -> None:
        self._left = left
        super().__init__(
            None,  # no host: this is a server
            None,
            False,  # noqa: FBT003 - picows takes them by place
            answer,
            log,
            True,  # noqa: FBT003
            None,  # the lobby knows how long it may take
            False,  # noqa: FBT003
            0,
            0,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,  # noqa: FBT003
            limits.MAX_RELAY_FRAME,
            None,
            READ_BUFFER_BYTES,
        )

    def take(self, data: bytes, transport: asyncio.Transport) -> None:
        """Read what came before this was its protocol."""
        rest = memoryview(data)
        while rest and not transport.is_closing():
            room = self.get_buffer(len(rest))
            size = min(len(room), len(rest))
            room[:size] = rest[:size]
            self.buffer_updated(size)
            rest = rest[size:]

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio."""
        super().connection_lost(error)
        self._left()


def _heard(
    lobby: Lobby, ticket: int, answer: Callable[[WSUpgradeRequest], Any], request: WSUpgradeRequest
) -> Any:
    lobby.heard(ticket)
    return answer(request)


def nobody_hears() -> Log:
    """Return where picows may print what strangers send."""
    # An adapter, and one for all: it would make a logger for each connection, and each change of a
    # level makes all loggers forget what they know.
    logger = logging.getLogger("picows.server")
    logger.setLevel(logging.CRITICAL + 1)
    return logging.LoggerAdapter(logger, {})
