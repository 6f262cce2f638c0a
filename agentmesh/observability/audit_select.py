"""Reading the audit log in its order: all of it, or what was chosen, page by page."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec

from agentmesh.errors import UsageError
from agentmesh.observability.audit_anchor import behind, read_start
from agentmesh.observability.audit_files import AuditFile, audit_files
from agentmesh.observability.audit_line import MAX_LINE, Line, Marks, read

PAGE_LOOKS = 50_000
"""So many lines are looked at for one page; it may then be short, or empty."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines. Times are RFC 3339 as lines have them; empty means all."""

    kinds: tuple[str, ...] = ()
    peer: str = ""
    since: str = ""
    until: str = ""
    up_to: int = 2**53
    """The last number; what is written meanwhile does not change an export."""

    def takes(self, line: Line) -> bool:
        """Whether a line is chosen."""
        return (
            line.seq <= self.up_to
            and (not self.kinds or line.event in self.kinds)
            and (not self.peer or line.fields.get("peer") == self.peer)
            and self.since <= line.time
            and (not self.until or line.time < self.until)
        )


class Chosen(NamedTuple):
    """A line, as it is and as it reads."""

    raw: bytes
    line: Line


class Page(NamedTuple):
    """Some of the chosen lines; `next` is empty at the end."""

    chosen: list[Chosen]
    next: str


def select(directory: Path, marks: Marks, choice: Choice) -> Iterator[Chosen]:
    """Yield the chosen lines that are ours, in their order."""
    for _, found in _all(directory, marks, ""):
        if found is not None and choice.takes(found.line):
            yield found


def page(directory: Path, marks: Marks, choice: Choice, bounds: tuple[str, int]) -> Page:
    """Return at most so many of the chosen lines from a place on."""
    place, limit = bounds
    chosen: list[Chosen] = []
    for behind_it, found in islice(_all(directory, marks, place), PAGE_LOOKS):
        place = behind_it
        if found is not None and choice.takes(found.line):
            chosen.append(found)
        if len(chosen) == limit:
            return Page(chosen, place)
    is_over = next(_all(directory, marks, place), None) is None
    return Page(chosen, "" if is_over else place)


def _all(directory: Path, marks: Marks, place: str) -> Iterator[tuple[str, Chosen | None]]:
    """Yield every line behind a place, None for one that is not ours, and the place behind it."""
    files, _ = audit_files(directory, marks)
    files, _ = behind(files, read_start(directory, marks).head)
    name, _, offset = place.rpartition(":")
    if place:
        files = _from(files, name)
    start = int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 12 else 0
    for file in files:
        yield from _lines(file, marks, start if file.path.name == name else 0)


def _lines(file: AuditFile, marks: Marks, start: int) -> Iterator[tuple[str, Chosen | None]]:
    with file.path.open("rb") as opened:
        opened.seek(start)
        while raw := opened.readline(MAX_LINE):
            start += len(raw)
            found = read(marks, raw[:-1]) if raw.endswith(b"\n") else None
            is_ours = found is not None and found[1]
            yield f"{file.path.name}:{start}", Chosen(raw, found[0]) if found and is_ours else None


def _from(files: list[AuditFile], name: str) -> list[AuditFile]:
    names = [file.path.name for file in files]
    if name not in names:
        raise UsageError("invalid_place", "This place is not in the log, or not any more.")
    return files[names.index(name) :]


def newest(directory: Path, marks: Marks, choice: Choice, limit: int) -> list[Line]:
    """Return the last of the chosen lines, oldest first."""
    return [chosen.line for chosen in deque(select(directory, marks, choice), limit)]
