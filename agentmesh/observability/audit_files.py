"""The files of the audit log: their names, their order, and what a crash may have left in them.

`audit-2026-01-31.jsonl`, and `audit-2026-01-31.2.jsonl` when a day needs another. Their order is
that of the numbers inside: a clock that jumped may have named them otherwise.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from agentmesh.observability.audit_line import MAX_LINE, Head, Line, Marks, read

MAX_FILE = 16 * 1024 * 1024
_NAME = re.compile(r"audit-(\d{4,}-\d\d-\d\d)(?:\.(\d+))?\.jsonl")
_ASIDE = ".torn"
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class AuditFile(msgspec.Struct, frozen=True, order=True):
    """One file, in the order of the chain."""

    first: int
    part: int
    day: str
    path: Path


def audit_files(directory: Path, marks: Marks) -> tuple[list[AuditFile], list[Path]]:
    """Return the files in their order, and those which do not begin with a line."""
    files, broken = [], []
    for path in directory.glob("audit-*.jsonl"):
        match = _NAME.fullmatch(path.name)
        if match is None:
            continue
        with path.open("rb") as file:
            found = read(marks, file.readline(MAX_LINE).removesuffix(b"\n"))
        if found is None:
            broken.append(path)
        else:
            files.append(AuditFile(found[0].seq, int(match[2] or 1), match[1], path))
    return sorted(files), sorted(broken)


def lines(path: Path) -> Iterator[bytes]:
    """Yield a file's lines with their ends, as they are."""
    with path.open("rb") as file:
        while raw := file.readline(MAX_LINE):
            yield raw


def open_new(directory: Path, day: str) -> tuple[int, AuditFile]:
    """Return a new file for this day; whatever has its name already is left alone."""
    part = 1
    while True:
        name = f"audit-{day}.jsonl" if part == 1 else f"audit-{day}.{part}.jsonl"
        try:
            handle = os.open(directory / name, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            part += 1
            continue
        os.fchmod(handle, 0o600)
        return handle, AuditFile(0, part, day, directory / name)


def open_last(file: AuditFile) -> int:
    """Return a file that is to be gone on with."""
    handle = os.open(file.path, _FLAGS)
    os.fchmod(handle, 0o600)
    return handle


def mend(path: Path) -> int:
    """Set aside what stands behind the last whole line; return how many bytes that was."""
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        _set_aside(path, data[whole:])
        os.truncate(path, whole)
    return len(data) - whole


def retire(path: Path) -> int:
    """Set aside a whole file; return how many bytes that was."""
    data = path.read_bytes()
    _set_aside(path, data)
    path.unlink()
    return len(data)


def last_line(path: Path, marks: Marks) -> tuple[Head, bool]:
    """Return where the whole lines of a file end, and whether the last one is really ours."""
    found: Line | None = None
    is_ours = False
    for raw in lines(path):
        if raw.endswith(b"\n"):
            parsed = read(marks, raw[:-1])
            is_ours = parsed is not None and parsed[1]
            found = parsed[0] if parsed is not None else found
    return (Head(found.seq, found.hash), is_ours) if found is not None else (Head(), False)


def _set_aside(path: Path, torn: bytes) -> None:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(f"{path}{_ASIDE}", flags, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(torn)
