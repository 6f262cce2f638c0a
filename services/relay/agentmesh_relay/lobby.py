"""Every open socket, from its first moment on: who says nothing at all has to be counted, too.

Who does not say in time what it wants is closed. When there is no room for one more, the one that
has said nothing for longest makes room.
"""

from collections import Counter, OrderedDict
from itertools import count
from typing import NamedTuple, Protocol

from agentmesh.protocol import limits
from agentmesh.protocol.world import Clock
from agentmesh_relay.proxies import Proxies, counted_as

HEADER_SECONDS = limits.AUTHENTICATION_SECONDS
"""How long a client may take to say what it wants, with TLS or without."""

HANDSHAKE_SECONDS = HEADER_SECONDS / 2
"""How much of it TLS may take."""

MAX_OPEN = 25_000
SPARE = 64
"""Connections of one address beyond its bound that are opened, so that they can be told why not."""

ARRIVAL_SECONDS = 0.05
"""An address may open twice its bound of connections at once, then one in so long."""

MAX_NAMES = 100_000
"""Addresses that opened something of late; at the bound all are forgotten, and begin anew."""

CLOSED_AT_ONCE = 128
"""How many a look closes at most: those who talk do not wait for a crowd to be thrown out."""


class Closable(Protocol):
    """The transport of a socket that waits to be told what is wanted."""

    def abort(self) -> None:
        """Close it at once."""


class Unheard(NamedTuple):
    """A socket that has not said yet what it wants, and until when it may."""

    transport: Closable
    until: float


class Lobby:
    """Counts open sockets by address. At an address's bound the new one is closed without a word.

    At the bound of all it is so only if everybody else has said what it wants.
    """

    def __init__(
        self,
        per_address: int,
        proxies: Proxies,
        clock: Clock,
        max_open: int = MAX_OPEN,
        seconds: float = HEADER_SECONDS,
    ) -> None:
        self._clock = clock
        self._per_address = per_address + SPARE
        self._burst = 2 * self._per_address * ARRIVAL_SECONDS
        self._paid_at: dict[str, float] = {}
        self._proxies = proxies
        self._max_open = max_open
        self._seconds = seconds
        self._open = 0
        self._by_address: Counter[str] = Counter()
        # One that finds its first in no time, after ten thousand others that were first.
        self._unheard: OrderedDict[int, Unheard] = OrderedDict()
        self._tickets = count()

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
        self._unheard[ticket] = Unheard(transport, self.now() + self._seconds)
        return True

    def heard(self, ticket: int) -> None:
        """Know that it has said what it wants."""
        self._unheard.pop(ticket, None)

    def look(self) -> None:
        """Close those whose time is over, the oldest first. Called as often as many need it."""
        now = self.now()
        for _ in range(CLOSED_AT_ONCE):
            oldest = next(iter(self._unheard.values()), None)
            if oldest is None or oldest.until > now:
                return
            self._close_oldest()

    def _made_room(self) -> bool:
        if not self._unheard:
            return False
        self._close_oldest()
        return True

    def _close_oldest(self) -> None:
        _, oldest = self._unheard.popitem(last=False)
        oldest.transport.abort()

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
