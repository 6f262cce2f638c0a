"""Which relays asked us to slow down. One relay's word holds back nothing at another."""

from agentmesh.protocol.world import Clock


class Slowed:
    """Until when each relay takes nothing more of us: KNOCKs apart from all else, as it counts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[tuple[str, bool], float] = {}

    def left(self, relay: str, kind: str) -> float:
        """Return for how many seconds a frame of this kind has to wait."""
        return max(0.0, self._until.get(_queue(relay, kind), 0.0) - self._clock.monotonic())

    def slow_down(self, relay: str, kind: str, seconds: float) -> None:
        """Offer a relay no such frame for so long; a pause that is over is forgotten."""
        now = self._clock.monotonic()
        self._until = {queue: until for queue, until in self._until.items() if until > now}
        self._until[_queue(relay, kind)] = now + seconds


def _queue(relay: str, kind: str) -> tuple[str, bool]:
    return relay, kind == "knock"
