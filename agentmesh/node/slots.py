"""How much runs at once. What takes long, as at a relay that is silent, keeps nothing else out."""

from agentmesh.protocol.world import Clock

MAX_AT_ONCE = 64
MAX_WITH_SLOW = 1024
SLOW_SECONDS = 1.0
"""What has run for longer counts only for the larger bound: it waits for others, and not for us."""


class Slots:
    """Who runs, since when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun: dict[str, float] = {}

    def take(self, name: str) -> None:
        """Begin to run."""
        self._begun[name] = self._clock.monotonic()

    def give_back(self, name: str) -> None:
        """Run no longer."""
        self._begun.pop(name, None)

    def has_room(self) -> bool:
        """Whether one more may begin now; else it may as soon as one ends, or after a while."""
        if len(self._begun) < MAX_AT_ONCE:
            return True
        slow = self._clock.monotonic() - SLOW_SECONDS
        quick = sum(1 for begun in self._begun.values() if begun > slow)
        return quick < MAX_AT_ONCE and len(self._begun) < MAX_WITH_SLOW
