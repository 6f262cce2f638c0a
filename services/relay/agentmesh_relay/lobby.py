"""Every open socket, from its first moment on: who says nothing at all has to be counted, too.

When there is no room for one more, the one that has said nothing for longest makes room.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, Protocol

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


class Closable(Protocol):
    """The transport of a socket that waits to be told what is wanted."""

    def abort(self) -> None:
        """Close it at once."""


class Lobby:
    """Counts open sockets by address. At an address's bound the new one is closed without a word.

    At the bound of all it is so only if everybody else has said what it wants.
    """

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
        self._unheard: dict[int, Closable] = {}
        self._tickets = count()
        self.silent = _silent()

    def __len__(self) -> int:
        return self._open

    def now(self) -> float:
        """Return the time at which a socket that opens now began."""
        return self._clock.monotonic()

    def ticket(self) -> int:
        """Return the name of a socket that nobody has heard yet."""
        return next(self._tickets)

    def enter(self, address: str, ticket: int, transport: Closable) -> bool:
        """Count one more, and say whether it may stay. It has to `leave` in any case."""
        self._open += 1
        if not self._proxies.are_believed(address):
            name = counted_as(address)
            self._by_address[name] += 1
            if self._by_address[name] > self._per_address or not self._may_come(name):
                return False
        if self._open > self._max_open and not self._made_room():
            return False
        self._unheard[ticket] = transport
        return True

    def heard(self, ticket: int) -> None:
        """Know that it has said what it wants."""
        self._unheard.pop(ticket, None)

    def _made_room(self) -> bool:
        oldest = next(iter(self._unheard), None)
        if oldest is None:
            return False
        self._unheard.pop(oldest).abort()
        return True

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

    def leave(self, address: str, ticket: int) -> None:
        """Count one less."""
        self.heard(ticket)
        self._open -= 1
        name = counted_as(address)
        if self._by_address[name] > 1:
            self._by_address[name] -= 1
        else:
            del self._by_address[name]


class Socket(WSProtocol):  # type: ignore[misc] # picows has no types for it
    """picows' protocol; a WebSocket once `answer`, told when it began, let it be one."""

    __slots__ = ("_address", "_lobby", "_ticket")

    def __init__(
        self, lobby: Lobby, answer: Callable[[float, WSUpgradeRequest], Any], header_seconds: float
    ) -> None:
        self._lobby = lobby
        self._address = ""
        self._ticket = lobby.ticket()
        # Not with ourselves in it: that would be a ring, and nobody looks for these soon.
        heard = partial(_heard, lobby, self._ticket, partial(answer, lobby.now()))
        super().__init__(
            None,  # no host: this is a server
            None,
            False,  # noqa: FBT003 - picows takes them by place
            heard,
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
        may_stay = self._lobby.enter(self._address, self._ticket, transport)
        super().connection_made(transport)
        if not may_stay:
            transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """See asyncio."""
        super().connection_lost(error)
        self._lobby.leave(self._address, self._ticket)


def _heard(
    lobby: Lobby, ticket: int, answer: Callable[[WSUpgradeRequest], Any], request: WSUpgradeRequest
) -> Any:
    lobby.heard(ticket)
    return answer(request)


def _silent() -> "logging.LoggerAdapter[logging.Logger]":
    # picows prints what strangers send. (An adapter, and one for all: it would make a logger for
    # each connection, and each change of a level makes all loggers forget what they know.)
    logger = logging.getLogger("picows.server")
    logger.setLevel(logging.CRITICAL + 1)
    return logging.LoggerAdapter(logger, {})
