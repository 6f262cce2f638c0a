"""Who comes back, a peer, a relay, the registry: how soon what waited for it is tried again."""

import math

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Clock

REFUSED_SECONDS = 1.0
"""A peer that shows itself is offered again, so long after, what its relay had refused."""
COMEBACK_SECONDS = 60.0
"""Who comes and goes is offered what it missed, or asked, no more often than this."""


class Comebacks:
    """For whom something waits, and when each service was, or will be, offered it again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refused_until: dict[Amid, float] = {}
        self._offered_at: dict[str, float] = {}

    def refused(self, peer: Amid) -> None:
        """Remember that something for a peer was not taken."""
        self._refused_until.setdefault(peer, self._clock.monotonic() + REFUSED_SECONDS)

    def is_waited_for(self, peer: Amid) -> bool:
        """Whether to offer a peer that is there what was not taken: then it is."""
        if self._clock.monotonic() < self._refused_until.get(peer, math.inf):
            return False
        del self._refused_until[peer]
        return True

    def pause(self, service: str) -> float:
        """Return in how many seconds to offer one that is there what it missed: then it is."""
        now = self._clock.monotonic()
        recent = now - COMEBACK_SECONDS
        self._offered_at = {name: at for name, at in self._offered_at.items() if at > recent}
        at = self._offered_at.get(service, recent)
        if at < now:
            at = self._offered_at[service] = at + COMEBACK_SECONDS
        return at - now
