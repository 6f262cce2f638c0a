"""Where the audit log begins once its oldest files were let go, in a mark of our own.

    audit-anchor.json: {"seq": 4711, "hash": "<hex>", "mark": "<hex>"}

The line of this number is the last one that is gone: the first one that is left hangs on its hash.
It is written before anything is erased, so that a crash in between leaves files that are no longer
needed, and never a gap.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agentmesh.observability.audit_files import AuditFile
from agentmesh.observability.audit_line import Head, Marks

NAME = "audit-anchor.json"
_MAX_BYTES = 1024
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line that was let go."""

    seq: int
    hash: str
    mark: str

    @property
    def head(self) -> Head:
        """Return where the chain stood."""
        return Head(self.seq, self.hash)


class Start(msgspec.Struct, frozen=True):
    """Where the chain begins, and whether that is what we wrote."""

    head: Head = Head()
    is_ours: bool = True


def read_start(directory: Path, marks: Marks) -> Start:
    """Return where the log in this directory begins."""
    try:
        with (directory / NAME).open("rb") as file:
            anchor = msgspec.json.decode(file.read(_MAX_BYTES), type=Anchor)
    except FileNotFoundError:
        return Start()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Start(is_ours=False)
    is_ours = marks.fits(_body(anchor.head), anchor.mark)
    return Start(anchor.head, is_ours=True) if is_ours else Start(is_ours=False)


def write_start(directory: Path, marks: Marks, head: Head) -> None:
    """Say that the log begins behind this line, from now on."""
    data = msgspec.json.encode(Anchor(head.seq, head.hash, marks.mark(_body(head)))) + b"\n"
    new = directory / f".{NAME}.new"
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, _FLAGS, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(directory / NAME)
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def behind(files: Sequence[AuditFile], start: Head) -> tuple[list[AuditFile], list[AuditFile]]:
    """Return the files that lie behind the start of the log, and those that are left over."""
    left: list[AuditFile] = []
    over: list[AuditFile] = []
    for place, file in enumerate(files):
        is_over = place + 1 < len(files) and files[place + 1].first <= start.seq + 1
        (over if is_over and file.first <= start.seq else left).append(file)
    return left, over


def _body(head: Head) -> bytes:
    return b"agentmesh audit anchor\0" + msgspec.json.encode(head)
