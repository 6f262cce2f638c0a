"""The real clock and the real randomness: the only place that touches them."""

import os
import sys
import time


class SystemClock:
    """The machine's clocks."""

    def now(self) -> float:
        """Return the wall time, in seconds since 1970 UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return time.monotonic()

    def uptime(self) -> float:
        """Return seconds that never jump, and go on while the machine sleeps."""
        if sys.platform == "linux":
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        if sys.platform == "darwin":
            return time.clock_gettime(time.CLOCK_MONOTONIC)
        return time.monotonic()


system_entropy = os.urandom
