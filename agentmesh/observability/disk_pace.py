"""How long a disk is waited for as a rule: whether an event loop may wait for it itself."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SLOW_SECONDS = 0.02
"""One wait like this is the rule at once, until many were short."""


def standstill() -> float:
    """Return what a clock shows that runs only while this thread does not: it waits for the disk.

    What is computed, such as a statement that is put together for the first time, tells nothing
    about the disk.
    """
    return time.perf_counter() - time.thread_time()


class DiskPace:
    """Remembers how long the disk was waited for: what is long at once, all else bit by bit."""

    def __init__(self, remembered: int, waited: Callable[[], float] = standstill) -> None:
        """Let about so many waits tell the rule."""
        self._remembered = remembered
        self._waited = waited
        self.usual = math.inf
        """Seconds; nothing is known before the first one."""

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Enter a wait for the disk; one that fails counts as well."""
        before = self._waited()
        try:
            yield
        finally:
            self._took(self._waited() - before)

    def _took(self, seconds: float) -> None:
        if self.usual == math.inf:
            self.usual = seconds
        elif seconds > SLOW_SECONDS:
            self.usual = max(seconds, self.usual)
        else:
            self.usual += (seconds - self.usual) / self._remembered
