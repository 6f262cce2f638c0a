"""How long to wait before the next attempt: longer each time, and never all at the same moment."""

from agentmesh.protocol.world import Entropy

FIRST_SECONDS = 0.2
LONGEST_SECONDS = 30.0
STABLE_SECONDS = 3.0
"""A connection that lasted so long, and longer than we had waited for it, was a success."""


class Backoff:
    """Doubles from 0.2 to 30 seconds; half of each pause is drawn."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._ceiling = FIRST_SECONDS
        self._waited = 0.0

    def pause(self) -> float:
        """Return the next pause in seconds."""
        ceiling, self._ceiling = self._ceiling, min(self._ceiling * 2, LONGEST_SECONDS)
        self._waited = self._drawn(ceiling)
        return self._waited

    def longest(self) -> float:
        """Return a pause for when trying again soon would be no use."""
        return self._drawn(LONGEST_SECONDS)

    def spread(self, seconds: float) -> float:
        """Return up to twice as long: those who were all told the same do not come at once."""
        return 2 * self._drawn(seconds)

    def lasted(self, seconds: float) -> None:
        """Begin anew, if it had worked for long enough."""
        if seconds >= max(STABLE_SECONDS, self._waited):
            self._ceiling = FIRST_SECONDS

    def _drawn(self, ceiling: float) -> float:
        share = int.from_bytes(self._entropy(4), "big") / 2**32
        return ceiling * (0.5 + share / 2)
