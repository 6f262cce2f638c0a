"""The end of the audit log, for people."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.observability.audit_files import lines


def tail(directory: Path, limit: int) -> list[dict[str, Any]]:
    """Return the last records, oldest first; a line that is none is left out."""
    found: list[dict[str, Any]] = []
    files = sorted(directory.glob("audit-*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    for path in reversed(files):
        if len(found) == limit:
            break
        found = [*deque(_records(path), maxlen=limit - len(found)), *found]
    return found


def _records(path: Path) -> Iterator[dict[str, Any]]:
    for line in lines(path):
        try:
            yield msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
