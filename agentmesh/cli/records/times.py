"""Times as owners type them: `2026-01-31`, `2026-01-31T12:00:00Z`, or so long ago: `7d`, `12h`."""

import re
from datetime import UTC, datetime

from agentmesh.errors import UsageError
from agentmesh.observability.world import SystemClock
from agentmesh.protocol.times import from_text, to_text

_AGO = re.compile(r"(\d{1,6})(min|h|d|w)", re.ASCII)
_SECONDS = {"min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def moment(text: str) -> str:
    """Return the time as calls take it; nothing stays nothing."""
    if not text:
        return ""
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return to_text(SystemClock().now() - int(ago[1]) * _SECONDS[ago[2]])
        if len(text) == len("2026-01-31"):
            return to_text(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
        return to_text(from_text(text))
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            "invalid_time",
            f"{text[:40]!r} is no time.",
            "Write 7d, 12h, 30min, 2026-01-31 or 2026-01-31T12:00:00Z.",
        ) from None
