"""How much work a new agent has to show: little in calm times, more the more of them come."""

import math
from collections import OrderedDict

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol import stamps
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAX_STAMP_BITS, SIGNATURE_MAX_AGE, SIGNATURE_MAX_AHEAD
from agentmesh.protocol.world import Clock

CALM = 60
"""So many new agents a minute are nothing special; with twice as many it is one bit more."""
_MINUTE = 60.0
_MAX_KEPT = 100_000


class StampNeeded(RemoteProtocolError):
    """Registering takes work that this request did not show: so many zero bits."""

    def __init__(self, bits: int) -> None:
        super().__init__(
            "stamp_needed",
            f"A new agent shows a stamp of {bits} bits.",
            f"{stamps.HEADER}: <bits>:<unix seconds>:<counter>, see the protocol.",
        )
        self.bits = bits


class Stamps:
    """Judges stamps by one hash each. `least`: the bits in calm times; 0: none are asked for.

    An agent that was registered here, and not long ago, needs none: it cannot be a flood.
    """

    def __init__(self, least: int, audiences: tuple[str, ...], clock: Clock) -> None:
        self._least = least
        self._audiences = audiences
        self._clock = clock
        self._known: OrderedDict[Amid, None] = OrderedDict()
        self._used: OrderedDict[tuple[Amid, str], float] = OrderedDict()
        self._newcomers = 0.0
        self._counted_at = clock.monotonic()

    def bits(self) -> int:
        """Return how much is asked for now."""
        if not self._least:
            return 0
        self._fade()
        more = math.ceil(math.log2(max(1.0, self._newcomers / CALM)))
        return min(MAX_STAMP_BITS, self._least + more)

    def check(self, amid: Amid, header: str) -> None:
        """Return if this agent may go on to register, or raise `StampNeeded`."""
        bits = self.bits()
        if not bits or amid in self._known:
            return
        stamp = stamps.parse(header)
        # It may have become dearer while the stamp was made.
        if stamp is None or stamp.bits < max(bits - 1, self._least) or not self._fits(amid, stamp):
            raise StampNeeded(bits)
        self._use(amid, stamp)

    def registered(self, amid: Amid, *, is_new: bool) -> None:
        """Count an agent that was let in."""
        if is_new:
            self._fade()
            self._newcomers += 1
        self._known[amid] = None
        self._known.move_to_end(amid)
        if len(self._known) > _MAX_KEPT:
            self._known.popitem(last=False)

    def _fits(self, amid: Amid, stamp: stamps.Stamp) -> bool:
        now = self._clock.now()
        return any(stamps.fits(stamp, audience, amid, now) for audience in self._audiences)

    def _use(self, amid: Amid, stamp: stamps.Stamp) -> None:
        now = self._clock.monotonic()
        while self._used and (
            next(iter(self._used.values())) < now or len(self._used) >= _MAX_KEPT
        ):
            self._used.popitem(last=False)
        if (amid, stamp.text) in self._used:
            raise RemoteProtocolError(
                "replayed", "This very stamp came before.", "Make a new one for each request."
            )
        self._used[amid, stamp.text] = now + SIGNATURE_MAX_AGE + SIGNATURE_MAX_AHEAD

    def _fade(self) -> None:
        """Forget newcomers as time goes by: a minute later a third of them is left."""
        now = self._clock.monotonic()
        self._newcomers *= math.exp((self._counted_at - now) / _MINUTE)
        self._counted_at = now
