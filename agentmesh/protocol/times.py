"""Times in JSON documents: RFC 3339, UTC, to the millisecond."""

from datetime import UTC, datetime


def to_text(seconds: float) -> str:
    """Return `2026-01-31T12:00:00.000Z`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def from_text(text: str) -> float:
    """Return the seconds of an RFC 3339 time; raise `ValueError` if it names no offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("time without offset")
    return moment.timestamp()
