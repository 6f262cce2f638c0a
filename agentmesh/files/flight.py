"""The sender's side of a transfer: which chunk leaves next, and which has to leave again."""

from dataclasses import dataclass, field
from heapq import heappop, heappush

from agentmesh.files.ack import Ack
from agentmesh.files.pace import Pace
from agentmesh.files.ranges import Ranges

OVERTAKEN = 32
"""A chunk is lost if one that left so many later is there and it is not: relays keep the order."""


@dataclass(frozen=True, slots=True)
class _Departure:
    order: int
    at: float


@dataclass
class Flight:
    """What is there, what is on its way, what is next. A chunk may be sent twice, never be lost."""

    count: int
    pace: Pace = field(default_factory=Pace)
    there: Ranges = field(default_factory=Ranges)
    _flying: dict[int, _Departure] = field(default_factory=dict)
    _lost: list[int] = field(default_factory=list)
    _next: int = 0
    _orders: int = 0
    _last: tuple[int, int] = (-1, -1)

    @property
    def is_complete(self) -> bool:
        """Whether the peer has everything, by its own word."""
        return len(self.there) >= self.count

    @property
    def flying(self) -> int:
        """How many chunks are on their way."""
        return len(self._flying)

    def take(self, most: int, now: float) -> list[int]:
        """Return the chunks that may leave now; they count as on their way."""
        room = min(most, self.pace.window - len(self._flying))
        taken: list[int] = []
        while len(taken) < room and (index := self._following()) is not None:
            self._orders += 1
            self._flying[index] = _Departure(self._orders, now)
            taken.append(index)
        return taken

    def bounced(self, index: int) -> None:
        """Take a chunk back that did not even leave."""
        if self._flying.pop(index, None) is not None:
            heappush(self._lost, index)

    def ground(self) -> None:
        """Take everything back that is on its way: nothing is heard of it any more."""
        for index in list(self._flying):
            self.bounced(index)
        self.pace.stopped()

    def hear(self, ack: Ack, now: float) -> bool:
        """Learn what the peer has; return whether that was news."""
        if (ack.run, ack.serial) <= self._last:
            return False
        if ack.run > self._last[0]:
            # It began anew: it may have missed what is on its way, and lost what was not safe.
            self.there, self._flying, self._lost, self._next = Ranges(), {}, [], 0
        self._last = ack.run, ack.serial
        for first, end in ack.runs:
            self.there.add(first, min(end, self.count))
        self._settle(now)
        return True

    def _settle(self, now: float) -> None:
        latest = 0
        for index in [index for index in self._flying if index in self.there]:
            departure = self._flying.pop(index)
            latest = max(latest, departure.order)
            self.pace.passed(now - departure.at, now)
        overtaken = [i for i, it in self._flying.items() if it.order < latest - OVERTAKEN]
        for index in overtaken:
            self.bounced(index)
        if overtaken:
            self.pace.lost(now)

    def _following(self) -> int | None:
        while self._lost:
            index = heappop(self._lost)
            if index not in self.there and index not in self._flying:
                return index
        while (index := self.there.missing(self._next)) < self.count:
            self._next = index + 1
            if index not in self._flying:
                return index
        return None
