"""The real clock, the real randomness, the real memory: the only place that touches them."""

import os
import sys
import time
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # commands need the clock, and no loop
    import asyncio

if sys.platform == "linux":
    _uptime = partial(time.clock_gettime, time.CLOCK_BOOTTIME)
elif sys.platform == "darwin":
    _uptime = partial(time.clock_gettime, time.CLOCK_MONOTONIC)
else:
    _uptime = time.monotonic


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
        return _uptime()


_DRAWN_OFTEN = frozenset({10, 24})
_DRAWN_AT_ONCE = 64


class SystemEntropy:
    """The system's randomness. What ids and nonces take is fetched for many of them at once.

    It goes by the size alone: 16 and 32 bytes, as keys and tokens have, are fetched when they are
    wanted. Any thread may draw: nobody gets what another one got. A machine that is copied while
    it runs goes on twice with what is at hand.
    """

    def __init__(self) -> None:
        self._at_hand: defaultdict[int, list[bytes]] = defaultdict(list)
        os.register_at_fork(after_in_child=self._at_hand.clear)

    def __call__(self, count: int) -> bytes:
        """Return that many unpredictable bytes."""
        if count not in _DRAWN_OFTEN:
            return os.urandom(count)
        at_hand = self._at_hand[count]
        try:
            return at_hand.pop()
        except IndexError:
            drawn = os.urandom(count * _DRAWN_AT_ONCE)
            at_hand += [drawn[at : at + count] for at in range(count, len(drawn), count)]
            return drawn[:count]


system_entropy = SystemEntropy()

_KEPT_BYTES = 4 * 1024 * 1024


def keep_freed_memory() -> None:
    """Keep a few megabytes that were freed for what comes next, instead of giving them back.

    glibc gives the end of its heap back as soon as 128 KiB of it are free: each frame of a file
    would have its memory cleared anew, page by page, which costs more than to encrypt it. It learns
    from the first large block that is freed; other systems' memory does without.
    """
    block = bytearray(_KEPT_BYTES)
    del block


def quick_loop() -> "asyncio.AbstractEventLoop":
    """Return the quickest loop there is: uvloop has no Windows."""
    if sys.platform == "win32":
        import asyncio  # noqa: PLC0415

        return asyncio.new_event_loop()
    import uvloop  # noqa: PLC0415

    return uvloop.new_event_loop()
