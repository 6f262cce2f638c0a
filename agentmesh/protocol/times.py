"""Times in JSON documents: RFC 3339, UTC, to the millisecond."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from agentmesh.protocol.limits import LAST_MILLISECOND

# Without it, every form of ISO 8601 would be read: week dates, times without minutes.
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)

_FIRST = datetime.min.replace(tzinfo=UTC).timestamp()
_BEHIND = (LAST_MILLISECOND + 1) / 1000


@lru_cache(maxsize=64)  # what came together came at one time
def to_text(seconds: float) -> str:
    """Return `2026-01-31T12:00:00.000Z`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def from_text(text: str) -> float:
    """Return the seconds of an RFC 3339 time, or raise `ValueError`."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("not a time as RFC 3339 has it")
    seconds = datetime.fromisoformat(text.upper()).timestamp()
    if not _FIRST <= seconds < _BEHIND:  # what has a year in its own zone may have none in UTC
        raise ValueError("not a time that UTC has words for")
    return seconds
