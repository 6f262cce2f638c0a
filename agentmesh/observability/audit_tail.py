"""The end of the audit log, for people."""

from collections import deque
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.observability.audit_files import lines


def tail(directory: Path, limit: int) -> list[dict[str, Any]]:
    """Return the last records, oldest first; a line that is none is left out."""
    found: deque[dict[str, Any]] = deque(maxlen=limit)
    newest = sorted(directory.glob("audit-*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    for path in newest[-2:]:
        for line in lines(path):
            try:
                found.append(msgspec.json.decode(line, type=dict[str, Any]))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                continue
    return list(found)
