"""The real clock, the real randomness, the real memory: the only place that touches them."""

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

_KEPT_BYTES = 4 * 1024 * 1024


def keep_freed_memory() -> None:
    """Keep a few megabytes that were freed for what comes next, instead of giving them back.

    glibc gives the end of its heap back as soon as 128 KiB of it are free: each frame of a file
    would have its memory cleared anew, page by page, which costs more than to encrypt it. It learns
    from the first large block that is freed; other systems' memory does without.
    """
    block = bytearray(_KEPT_BYTES)
    del block
