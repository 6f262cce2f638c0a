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

_SAFE_TEXT = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")
_LINE = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"


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
