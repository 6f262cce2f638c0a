"""How much happened in each of the last minutes. Kept in memory: it is about now."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from agentmesh.node.notices import Bulletin, Notice
from agentmesh.protocol.world import Clock

MINUTE = 60
MAX_MINUTES = 1440

_COUNTED = {
    "message_sent": "sent",
    "message_received": "received",
    "knock_received": "knocks",
    "knock_rejected": "refused",
}


@dataclass
class Tally:
    """What was counted in the minute with this number since 1970."""

    minute: int
    sent: int = 0
    received: int = 0
    knocks: int = 0
    refused: int = 0


class Counters:
    """Counts notices by the minute, for a day."""

    def __init__(self, bulletin: Bulletin, clock: Clock) -> None:
        self._clock = clock
        self._tallies: deque[Tally] = deque(maxlen=MAX_MINUTES)
        self.since = clock.now()
        bulletin.listen_to_runs(self._count, _COUNTED)

    def last(self, minutes: int) -> list[Tally]:
        """Return the last minutes, this one included, the oldest first; empty ones, too."""
        now = self._minute()
        known = {tally.minute: tally for tally in self._tallies}
        first = max(now - minutes + 1, int(self.since // MINUTE))
        return [known.get(each) or Tally(each) for each in range(first, now + 1)]

    def _count(self, run: Sequence[Notice]) -> None:
        name, now = _COUNTED[run[0].kind], self._minute()
        if not self._tallies or self._tallies[-1].minute != now:
            self._tallies.append(Tally(now))
        tally = self._tallies[-1]
        setattr(tally, name, getattr(tally, name) + len(run))

    def _minute(self) -> int:
        return int(self._clock.now() // MINUTE)
