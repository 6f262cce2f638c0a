"""Every open socket, from its first moment on: who says nothing at all has to be counted, too."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from picows import WSUpgradeRequest
from picows.picows import WSAutoPingStrategy, WSProtocol  # type: ignore[attr-defined] # untyped

from agentmesh.protocol import limits
from agentmesh.protocol.world import Clock
from agentmesh_relay.proxies import Proxies, counted_as

HEADER_SECONDS = limits.AUTHENTICATION_SECONDS
"""How long a client may take to say what it wants, with TLS or without."""

MAX_OPEN = 25_000
SPARE = 64
"""Connections of one address beyond its bound that are opened, so that they can be told why not."""

ARRIVAL_SECONDS = 0.05
"""An address may open twice its bound of connections at once, then one in so long."""

MAX_NAMES = 100_000
"""Addresses that opened something of late; at the bound all are forgotten, and begin anew."""

READ_BUFFER_BYTES = 1024


class Lobby:
    """Counts open sockets by address. At a bound the new one is closed without a word."""

    def __init__(
        self, per_address: int, proxies: Proxies, clock: Clock, max_open: int = MAX_OPEN
    ) -> None:
        self._clock = clock
        self._per_address = per_address + SPARE
        self._burst = 2 * self._per_address * ARRIVAL_SECONDS
        self._paid_at: dict[str, float] = {}
        self._proxies = proxies
        self._max_open = max_open
        self._open = 0
        self._by_address: Counter[str] = Counter()
        self.silent = _silent()

    def __len__(self) -> int:
        return self._open

    def now(self) -> float:
        """Return the time at which a socket that opens now began."""
        return self._clock.monotonic()

    def enter(self, address: str) -> bool:
        """Count one more, and say whether it may stay. It has to `leave` in any case."""
        self._open += 1
        if self._proxies.are_believed(address):
            return self._open <= self._max_open
        name = counted_as(address)
        self._by_address[name] += 1
        is_room = self._open <= self._max_open and self._by_address[name] <= self._per_address
        return is_room and self._may_come(name)

    def _may_come(self, name: str) -> bool:
        """Whether this address did not open too many of late (as `limits.py` counts)."""
        now = self._clock.monotonic()
        if len(self._paid_at) >= MAX_NAMES:
            self._paid_at.clear()
        paid_at = max(self._paid_at.get(name, now), now) + ARRIVAL_SECONDS
        if paid_at > now + self._burst:
            return False
        self._paid_at[name] = paid_at
        return True

    def leave(self, address: str) -> None:
        """Count one less."""
        self._open -= 1
        name = counted_as(address)
        if self._by_address[name] > 1:
            self._by_address[name] -= 1
        else:
            del self._by_address[name]


class Socket(WSProtocol):  # type: ignore[misc] # picows has no types for it
    """picows' protocol; a WebSocket once `answer`, told when it began, let it be one."""

    __slots__ = ("_address", "_lobby")

    def __init__(
        self, lobby: Lobby, answer: Callable[[float, WSUpgradeRequest], Any], header_seconds: float
    ) -> None:
        self._lobby = lobby
        self._address = ""
        super().__init__(
            None,  # no host: this is a server
            None,
            False,  # noqa: FBT003 - picows takes them by place
            partial(answer, lobby.now()),
            lobby.silent,
            True,  # noqa: FBT003
            header_seconds,
            False,  # noqa: FBT003
            0,
            0,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,  # noqa: FBT003
            limits.MAX_RELAY_FRAME,
            None,
            READ_BUFFER_BYTES,
        )

    def connection_made(self, transport: asyncio.Transport) -> None:
        """See asyncio."""
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else ""
        may_stay = self._lobby.enter(self._address)
        super().connection_made(transport)
        if not may_stay:
            transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio."""
        super().connection_lost(error)
        self._lobby.leave(self._address)


def _silent() -> "logging.LoggerAdapter[logging.Logger]":
    # picows prints what strangers send. (An adapter, and one for all: it would make a logger for
    # each connection, and each change of a level makes all loggers forget what they know.)
    logger = logging.getLogger("picows.server")
    logger.setLevel(logging.CRITICAL + 1)
    return logging.LoggerAdapter(logger, {})
