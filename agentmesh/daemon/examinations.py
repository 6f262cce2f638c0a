"""What takes the disk a while to say: the key files, the audit log, what stands around the home."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from agentmesh.crypto.secret import Secret
from agentmesh.errors import plain
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_verify import verify
from agentmesh.observability.checkup.around import look_around
from agentmesh.observability.findings import Finding
from agentmesh.protocol.world import Clock

KEEP_SECONDS = 30.0
LOOK_SECONDS = 20.0


class Examination:
    """Looks in a thread, one at a time, and remembers for half a minute what it saw."""

    def __init__(self, look: Callable[[], list[Finding]], clock: Clock) -> None:
        self._look = look
        self._clock = clock
        self._lock = asyncio.Lock()
        self._found: list[Finding] = []
        self._at_work: asyncio.Future[list[Finding]] | None = None
        self._until: float | None = None

    async def findings(self, *, afresh: bool = False) -> list[Finding]:
        """Return what is wrong: as of now if `afresh`, else perhaps as of half a minute ago."""
        async with self._lock:
            now = self._clock.monotonic()
            if afresh or self._until is None or now >= self._until:
                self._found = await self._looked()
                self._until = now + KEEP_SECONDS
            return self._found

    async def _looked(self) -> list[Finding]:
        """Return what is seen in time. A look that hangs is waited for, and not begun again."""
        if self._at_work is None:
            self._at_work = asyncio.get_running_loop().run_in_executor(None, self._look)
        done, _ = await asyncio.wait([self._at_work], timeout=LOOK_SECONDS)
        if not done:
            why = f"A look at the disk takes longer than {LOOK_SECONDS:.0f} s."
            return [Finding("examination_failed", "warning", why, "agentmesh doctor")]
        looked, self._at_work = self._at_work, None
        return looked.result()


def around_findings(home: Path) -> list[Finding]:
    """Return what is wrong with the machine and the home, as this process sees them."""
    return [it.finding for it in look_around(home, os.environ)]


def audit_findings(directory: Path, key: Secret, log: AuditLog) -> list[Finding]:
    """Return whether the log on the disk is what we wrote into it."""
    head = log.head()
    is_written = log.flush()  # all up to `head`: without that, its end is not there to be found
    try:
        report = verify(directory, key, *([head] if is_written else []))
    except OSError as error:
        why = f"The audit log cannot be read ({error.strerror})."
        return [Finding("audit_unreadable", "error", why, f"ls -l '{directory}'")]
    if report.is_whole:
        return []
    first = next(problem for problem in report.problems if problem.what != "torn")
    why = (
        f"The audit log is not as we wrote it: {first.file}, line {first.line}:"
        f" {plain(first.what)}; {len(report.problems)} problems."
        " Somebody changed it, or the disk did."
    )
    fix = f"Find out who writes to {directory}; then move its files away."
    return [Finding("audit_damaged", "error", why, fix)]
