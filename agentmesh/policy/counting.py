"""How often things happened lately. Times are handed in; whoever was quiet longest is forgotten."""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

MAX_NAMES = 1000
MAX_TIMES = 10_000

Name = TypeVar("Name")


class Recent:
    """When something happened, as far back as anybody asks."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=MAX_TIMES)

    def add(self, at: float) -> None:
        """Write down that it happened."""
        self._times.append(at)

    def within(self, seconds: float, at: float) -> int:
        """Return how often it happened in the last so many seconds; what is older is forgotten."""
        while self._times and self._times[0] <= at - seconds:
            self._times.popleft()
        return len(self._times)

    def clear(self) -> None:
        """Begin to count anew."""
        self._times.clear()


class RecentByName(Generic[Name]):
    """The same for many, each by its name."""

    def __init__(self) -> None:
        self._all: OrderedDict[Name, Recent] = OrderedDict()

    def of(self, name: Name) -> Recent:
        """Return what is counted for this one."""
        recent = self._all.setdefault(name, Recent())
        self._all.move_to_end(name)
        if len(self._all) > MAX_NAMES:
            self._all.popitem(last=False)
        return recent

    def forget(self, name: Name) -> None:
        """Begin to count this one anew."""
        self._all.pop(name, None)
