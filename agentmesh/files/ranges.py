"""Which chunks are there: a set of numbers, kept as runs because files come nearly in order."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence


class Ranges:
    """Runs `[first, end)`, apart from each other and in order."""

    def __init__(self, runs: Iterable[tuple[int, int]] = ()) -> None:
        self._firsts: list[int] = []
        self._ends: list[int] = []
        self._count = 0
        for first, end in runs:
            self.add(first, end)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._firsts, number) - 1
        return place >= 0 and number < self._ends[place]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(zip(self._firsts, self._ends, strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranges) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def add(self, first: int, end: int | None = None) -> None:
        """Take a number, or all of `[first, end)`."""
        end = first + 1 if end is None else end
        if end <= first:
            return
        low = bisect_right(self._ends, first - 1)  # the first run that touches this one
        high = bisect_right(self._firsts, end)
        if low < high:
            self._count -= sum(
                e - f for f, e in zip(self._firsts[low:high], self._ends[low:high], strict=True)
            )
            first = min(first, self._firsts[low])
            end = max(end, self._ends[high - 1])
        self._firsts[low:high] = [first]
        self._ends[low:high] = [end]
        self._count += end - first

    def missing(self, start: int) -> int:
        """Return the first number from `start` on that is not there."""
        place = bisect_right(self._firsts, start) - 1
        return self._ends[place] if place >= 0 and start < self._ends[place] else start

    def runs(self, most: int) -> Sequence[tuple[int, int]]:
        """Return the lowest runs, so many at most."""
        return list(zip(self._firsts[:most], self._ends[:most], strict=True))
