"""A finding, and what mends it where that is safe to do unasked."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from agentmesh.observability.findings import Finding

Mend = Callable[[], str]
"""Does it, and says what was done. Doing it twice does no harm."""


class Ailment(NamedTuple):
    """What is wrong, and perhaps the means against it."""

    finding: Finding
    mend: Mend | None = None


def closing(path: Path, mode: int) -> Mend:
    """Return how to close a place to others: what `lstat` saw is changed, no link is followed."""

    def close() -> str:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(handle)
            if found.st_uid != os.geteuid():
                raise PermissionError(1, "it belongs to another user", str(path))
            os.fchmod(handle, mode)
        finally:
            os.close(handle)
        return f"{path} had mode {stat.S_IMODE(found.st_mode):04o} and has {mode:04o} now."

    return close


def is_open_to_others(path: Path) -> bool:
    """Whether others may read, write or enter it; what is gone meanwhile is open to nobody."""
    try:
        return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
    except FileNotFoundError:
        return False
