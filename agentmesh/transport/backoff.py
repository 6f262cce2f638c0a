"""How long to wait before the next attempt: longer each time, and never all at the same moment."""

from agentmesh.protocol.world import Entropy

FIRST_SECONDS = 0.2
LONGEST_SECONDS = 30.0


class Backoff:
    """Doubles from 0.2 to 30 seconds; half of each pause is drawn."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._ceiling = FIRST_SECONDS

    def pause(self) -> float:
        """Return the next pause in seconds."""
        ceiling, self._ceiling = self._ceiling, min(self._ceiling * 2, LONGEST_SECONDS)
        return self._drawn(ceiling)

    def longest(self) -> float:
        """Return a pause for when trying again soon would be no use."""
        return self._drawn(LONGEST_SECONDS)

    def reset(self) -> None:
        """Begin anew: it had worked."""
        self._ceiling = FIRST_SECONDS

    def _drawn(self, ceiling: float) -> float:
        share = int.from_bytes(self._entropy(4), "big") / 2**32
        return ceiling * (0.5 + share / 2)
