"""How often each peer did something."""

from collections import OrderedDict, deque

from agentmesh.node.notices import Notice
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Clock

MAX_COUNTED_PEERS = 10_000
MAX_COUNTED_TIMES = 1_000


class Frequency:
    """Counts notices of one kind. Bounded: who has been quiet for longest is forgotten first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._times: OrderedDict[Amid, deque[float]] = OrderedDict()

    def notice(self, notice: Notice) -> None:
        """Count what a peer did."""
        if notice.peer is None:
            return
        times = self._times.setdefault(notice.peer, deque(maxlen=MAX_COUNTED_TIMES))
        self._times.move_to_end(notice.peer)
        times.append(self._clock.monotonic())
        if len(self._times) > MAX_COUNTED_PEERS:
            self._times.popitem(last=False)

    def within(self, peer: Amid, seconds: float) -> int:
        """Return how often it did so in the last so many seconds."""
        since = self._clock.monotonic() - seconds
        return sum(1 for time in self._times.get(peer, ()) if time > since)
