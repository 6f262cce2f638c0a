"""How much of a file may be on its way at once: as much as fills the path, and no queue.

After LEDBAT (RFC 6817): the window grows while chunks come through without waiting, and shrinks as
soon as they queue. So messages that go the same way are not kept waiting by a file.
"""

from math import inf

FIRST_CHUNKS = 4.0
MOST_CHUNKS = 40.0
"""Less than what a relay holds for one recipient."""
TARGET_SECONDS = 0.1
"""How long a chunk may queue."""
BASE_SECONDS = 60.0
"""For how long a fast passage is remembered: paths change."""


class Pace:
    """The window, in chunks."""

    def __init__(self) -> None:
        self._window = FIRST_CHUNKS
        self._is_starting = True
        self._now_base = self._last_base = inf
        self._base_since = 0.0
        self._cut_until = 0.0

    @property
    def window(self) -> int:
        """How many chunks may be on their way; one at the least."""
        return max(1, int(self._window))

    def passed(self, seconds: float, now: float) -> None:
        """Learn from a chunk that took so long until its receiver spoke of it."""
        if now - self._base_since > BASE_SECONDS:
            self._last_base, self._now_base, self._base_since = self._now_base, inf, now
        self._now_base = min(self._now_base, seconds)
        queued = seconds - min(self._now_base, self._last_base)
        if queued > TARGET_SECONDS / 2:
            self._is_starting = False
        room = max(-1.0, 1 - queued / TARGET_SECONDS)
        self._set(self._window + (1 if self._is_starting else room / self._window))

    def lost(self, now: float) -> None:
        """Learn that a chunk was lost or turned away: halve, once for all that were under way."""
        if now >= self._cut_until:
            self._is_starting = False
            self._set(self._window / 2)
            self._cut_until = now + max(TARGET_SECONDS, min(self._now_base, self._last_base, 10.0))

    def stopped(self) -> None:
        """Learn that nothing gets through: begin with a single chunk, carefully at first."""
        self._window = 1.0
        self._is_starting = True

    def _set(self, window: float) -> None:
        self._window = min(max(window, 1.0), MOST_CHUNKS)
