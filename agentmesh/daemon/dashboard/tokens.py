"""Who is in. Tokens live in memory, as their hashes, and end with the daemon.

offer    one use, 60 s: from the control socket into the browser's address
bearer   one tab, 12 h: what the offer was swapped for
ticket   one use, 10 s: opens one live stream
"""

import base64
import hashlib
import hmac
from collections import deque
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from agentmesh.control.calls import Scope
from agentmesh.errors import NotPermitted, TransportError
from agentmesh.protocol.world import Clock, Entropy

TOKEN_BYTES = 32
OFFER_SECONDS = 60
BEARER_SECONDS = 12 * 3600
TICKET_SECONDS = 10
FRESH_SECONDS = 5 * 60
MAX_OFFERS = 8
MAX_BEARERS = 8
MAX_TICKETS = 32
MAX_TRIES = 10
LOCK_SECONDS = 60

HOW_TO_COME_IN = "Run `agentmesh dashboard`: it opens a page that is in."


class Bearer(msgspec.Struct, frozen=True, kw_only=True):
    """A tab that is in. Times are of the clock that only goes forward."""

    digest: bytes
    scope: Scope
    fresh_until: float
    until: float


class Ticket(NamedTuple):
    """A way to one live stream, for a tab that is in."""

    digest: bytes
    bearer: Bearer
    until: float


class Offer(NamedTuple):
    """A way in that nobody has taken yet."""

    digest: bytes
    scope: Scope
    until: float


Kept = TypeVar("Kept", Offer, Ticket, Bearer)


class Tokens:
    """Hands tokens out and takes them. The oldest goes where there are too many."""

    def __init__(
        self, clock: Clock, entropy: Entropy, fresh_seconds: float = FRESH_SECONDS
    ) -> None:
        self._clock = clock
        self._entropy = entropy
        self._fresh_seconds = fresh_seconds
        self._offers: deque[Offer] = deque(maxlen=MAX_OFFERS)
        self._tickets: deque[Ticket] = deque(maxlen=MAX_TICKETS)
        self._bearers: deque[Bearer] = deque(maxlen=MAX_BEARERS)
        self._wrong: deque[float] = deque(maxlen=MAX_TRIES)
        self._listeners: list[Callable[[], None]] = []

    def when_locked(self, told: Callable[[], None]) -> None:
        """Call `told` when too many tokens were wrong."""
        self._listeners.append(told)

    def offer(self, scope: Scope) -> str:
        """Return a token that is good once."""
        token, digest = self._token()
        self._offers.append(Offer(digest, scope, self._clock.monotonic() + OFFER_SECONDS))
        return token

    def come_in(self, token: str) -> tuple[str, Bearer]:
        """Swap an offered token for a bearer."""
        now = self._clock.monotonic()
        self._refuse_if_locked(now)
        found = _find(self._offers, token)
        if found is None or found.until <= now:
            self._was_wrong(now)
            raise NotPermitted(
                "bootstrap_invalid", "This address was used already, or is too old.", HOW_TO_COME_IN
            )
        self._offers.remove(found)
        secret, digest = self._token()
        bearer = Bearer(
            digest=digest,
            scope=found.scope,
            fresh_until=now + self._fresh_seconds,
            until=now + BEARER_SECONDS,
        )
        self._bearers.append(bearer)
        return secret, bearer

    def bearer(self, secret: str) -> Bearer:
        """Return who that is."""
        now = self._clock.monotonic()
        found = _find(self._bearers, secret)
        if found is not None and found.until > now:
            return found
        self._refuse_if_locked(now)
        self._was_wrong(now)
        raise unauthorized()

    def holds(self, bearer: Bearer) -> bool:
        """Whether this tab is still in."""
        return bearer in self._bearers and bearer.until > self._clock.monotonic()

    def shown(self, bearer: Bearer) -> tuple[float, float]:
        """Return until when it is good, and fresh, as people's clocks have it."""
        ahead = self._clock.now() - self._clock.monotonic()
        return bearer.until + ahead, bearer.fresh_until + ahead

    def is_fresh(self, bearer: Bearer) -> bool:
        """Whether this tab came in a short while ago."""
        return bearer.fresh_until > self._clock.monotonic()

    def end(self, bearer: Bearer) -> int:
        """Throw one tab out; return how many that were."""
        if bearer not in self._bearers:
            return 0
        self._bearers.remove(bearer)
        return 1

    def end_all(self) -> int:
        """Throw everybody out; return how many they were."""
        count = len(self._bearers)
        for each in (self._offers, self._tickets, self._bearers):
            each.clear()
        return count

    def ticket(self, bearer: Bearer) -> str:
        """Return a ticket for this tab."""
        token, digest = self._token()
        self._tickets.append(Ticket(digest, bearer, self._clock.monotonic() + TICKET_SECONDS))
        return token

    def take(self, ticket: str) -> Bearer:
        """Use a ticket up; return whose it was."""
        now = self._clock.monotonic()
        found = _find(self._tickets, ticket)
        if found is not None:
            self._tickets.remove(found)
            if found.until > now and self.holds(found.bearer):
                return found.bearer
        self._refuse_if_locked(now)
        self._was_wrong(now)
        raise unauthorized()

    def _token(self) -> tuple[str, bytes]:
        token = base64.urlsafe_b64encode(self._entropy(TOKEN_BYTES)).rstrip(b"=")
        return token.decode(), hashlib.sha256(token).digest()

    def _refuse_if_locked(self, now: float) -> None:
        if len(self._wrong) == MAX_TRIES and now < self._wrong[-1] + LOCK_SECONDS:
            raise TransportError(
                "locked",
                f"{MAX_TRIES} tokens were wrong; nobody comes in for a minute.",
                "If that was not you, look who else uses this machine: agentmesh logs --audit",
            )

    def _was_wrong(self, now: float) -> None:
        """Count a wrong token; a minute without one, and the count begins anew."""
        if self._wrong and now >= self._wrong[-1] + LOCK_SECONDS:
            self._wrong.clear()
        self._wrong.append(now)
        if len(self._wrong) == MAX_TRIES:
            for told in self._listeners:
                told()


def unauthorized() -> NotPermitted:
    """Return what a tab is told that is not in."""
    return NotPermitted("unauthorized", "This tab is not in, or not any more.", HOW_TO_COME_IN)


def _find(kept: deque[Kept], secret: str) -> Kept | None:
    """Return what belongs to a secret; it takes the same time for every wrong one."""
    digest = hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
    found = None
    for each in kept:
        if hmac.compare_digest(each.digest, digest):
            found = each
    return found
