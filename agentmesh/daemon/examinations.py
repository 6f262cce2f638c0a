"""What takes the disk a while to say about itself: the key files, the audit log."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from agentmesh.crypto.secret import Secret
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_verify import verify
from agentmesh.observability.findings import Finding
from agentmesh.protocol.world import Clock

KEEP_SECONDS = 30.0


class Examination:
    """Looks in a thread, one at a time, and remembers for half a minute what it saw."""

    def __init__(self, look: Callable[[], list[Finding]], clock: Clock) -> None:
        self._look = look
        self._clock = clock
        self._lock = asyncio.Lock()
        self._found: list[Finding] = []
        self._until: float | None = None

    async def findings(self, *, afresh: bool = False) -> list[Finding]:
        """Return what is wrong: as of now if `afresh`, else perhaps as of half a minute ago."""
        async with self._lock:
            now = self._clock.monotonic()
            if afresh or self._until is None or now >= self._until:
                self._found = await asyncio.to_thread(self._look)
                self._until = now + KEEP_SECONDS
            return self._found


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
        f" {first.what.replace('_', ' ')}; {len(report.problems)} problems."
        " Somebody changed it, or the disk did."
    )
    fix = f"Find out who writes to {directory}; then move its files away."
    return [Finding("audit_damaged", "error", why, fix)]
