"""How fast a transfer is, over the last few seconds, and when it will be over."""

from collections import deque

SPAN_SECONDS = 5.0
STEP_SECONDS = 0.25


class Speed:
    """Remembers how much was done when."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def mark(self, done: int, now: float) -> None:
        """Note that so many bytes are done by now."""
        if self._marks and now - self._marks[-1][0] < STEP_SECONDS:
            return
        self._marks.append((now, done))
        while len(self._marks) > 1 and now - self._marks[0][0] > SPAN_SECONDS:
            self._marks.popleft()

    def rate(self, done: int, now: float) -> float:
        """Return bytes a second; 0 while nothing moves."""
        if not self._marks:
            return 0.0
        then, before = self._marks[0]
        return (done - before) / (now - then) if now > then and done > before else 0.0


def seconds_left(done: int, size: int, rate: float) -> float | None:
    """Return how long the rest takes at this rate; None while nobody can tell."""
    return (size - done) / rate if rate > 0 else None
