"""What the core is handed instead of reaching for it: time and randomness."""

from collections.abc import Callable
from typing import Protocol

Entropy = Callable[[int], bytes]
"""Return that many unpredictable bytes."""


class Clock(Protocol):
    """Two clocks: one that people share and that may jump, and one that only goes forward."""

    def now(self) -> float:
        """Return the wall time, in seconds since 1970 UTC."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never jumps."""
