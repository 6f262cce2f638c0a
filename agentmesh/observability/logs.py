"""The one door to the log. Facts, safe by type: a name and fields, no content, no exception text.

Success is quiet. `error` means a bug of ours.
"""

import logging
import re
import sys
import time
import traceback
from typing import NewType, TextIO

from agentmesh.protocol.ids import Amid

Code = NewType("Code", str)
"""A word from a list of ours: an error code, a reason, a state. Never something a peer wrote."""

Safe = int | float | bool | Amid | Code

LINES_A_MINUTE = 100
"""So many of one kind are written, and of others only how many there were: strangers decide how
often some things happen, and none of them is to fill the disk."""
MAX_KINDS = 1000

_SAFE_TEXT = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")
_LINE = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"


class Bound(logging.Filter):
    """Lets so many lines of a kind through each minute; the next one says how many it did not."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging."""
        line, minute = record.getMessage(), record.created // 60
        kind = record.name, line.partition(" ")[0]
        before, count = self._counts.get(kind, (minute, 0))
        if before != minute:
            if count > LINES_A_MINUTE:
                record.msg, record.args = "%s left_out=%d", (line, count - LINES_A_MINUTE)
            count = 0
        if len(self._counts) >= MAX_KINDS:  # what libraries say is of any kind
            self._counts.clear()
        self._counts[kind] = minute, count + 1
        return count < LINES_A_MINUTE


def record(log: logging.Logger, level: int, name: str, **fields: Safe) -> None:
    """Write one fact: `session.opened peer=… via=relay`."""
    if log.isEnabledFor(level):
        log.log(
            level, "%s", " ".join([name, *(f"{key}={_text(it)}" for key, it in fields.items())])
        )


def record_bug(log: logging.Logger, name: str, error: BaseException, **fields: Safe) -> None:
    """Write that something happened which the code does not expect: what kind, and where.

    The error's own text stays out, because it may quote what it stumbled over.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name}:{frames[-1].lineno}" if frames else "unknown"
    kind = Code(type(error).__name__)
    record(log, logging.ERROR, name, kind=kind, at=Code(place), **fields)


def write_logs(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send this process's log to `stream` (stderr unless told), one line a fact, times in UTC."""
    formatter = logging.Formatter(_LINE, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(Bound())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)  # what libraries say may quote what they carry
    logging.getLogger("agentmesh").setLevel(level)
    for service in ("agentmesh_relay", "agentmesh_registry"):
        logging.getLogger(service).setLevel(level)


def _text(value: Safe) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    text = str(value)
    # An AMID that a stranger sent is any text until it has verified.
    return text if _SAFE_TEXT.fullmatch(text) else "?"
