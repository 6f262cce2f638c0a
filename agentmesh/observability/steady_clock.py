"""A wall clock for a process that runs for months: somebody may set the machine's meanwhile.

What time it is follows from when the process started and how long it runs, as long as the machine's
clock goes along. Where that has jumped, it may be right now or wrong now: whoever we talk to tells
their time, and which of the two is nearer is believed. They choose between these two times and can
bring in no third one. Whom nobody contradicts for long is right.
"""

from collections.abc import Callable

from agentmesh.protocol.world import Clock

JUMP_SECONDS = 60.0
"""A clock that is set by less is followed at once."""
DOUBT_SECONDS = 600.0
"""For so long a clock that has jumped is not followed, unless somebody else's agrees with it."""


class SteadyClock:
    """The time, as it went on since the start. `uptime` counts also while the machine sleeps."""

    def __init__(self, machine: Clock, uptime: Callable[[], float]) -> None:
        self._machine = machine
        self._uptime = uptime
        self._ahead = machine.now() - uptime()
        self._doubted_at: float | None = None

    def now(self) -> float:
        """Return the wall time, in seconds since 1970 UTC."""
        wall, up = self._machine.now(), self._uptime()
        if -JUMP_SECONDS <= wall - up - self._ahead <= JUMP_SECONDS:
            self._ahead, self._doubted_at = wall - up, None
            return wall
        if self._doubted_at is None:
            self._doubted_at = up
        if up - self._doubted_at > DOUBT_SECONDS:
            return self._follow(wall, up)
        return up + self._ahead

    def monotonic(self) -> float:
        """Return seconds that never jump."""
        return self._machine.monotonic()

    def heard(self, theirs: float) -> None:
        """Somebody else says what time it is: a relay, a registry."""
        ours = self.now()
        if self._doubted_at is None:
            return
        wall, up = self._machine.now(), self._uptime()
        if abs(theirs - wall) < abs(theirs - ours):
            self._follow(wall, up)
        else:
            self._doubted_at = up

    def _follow(self, wall: float, up: float) -> float:
        self._ahead, self._doubted_at = wall - up, None
        return wall
