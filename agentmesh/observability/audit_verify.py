"""Whether the audit log is what we wrote: nothing edited, left out, added or moved."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.observability.audit_anchor import NAME, behind, read_start
from agentmesh.observability.audit_files import AuditFile, audit_files, lines
from agentmesh.observability.audit_line import Head, Line, Marks, read

MAX_PROBLEMS = 100

What = Literal[
    "unreadable",  # no line of the log
    "edited",  # a line whose hash does not fit it
    "missing",  # numbers are left out before this line
    "out_of_order",  # a line whose number was there before
    "unchained",  # the next number, tied to another line
    "torn",  # a last line without its end: a crash, or the daemon is writing just now
    "cut_off",  # the newest lines are gone
]


class Problem(msgspec.Struct, frozen=True):
    """What does not fit, and where."""

    file: str
    line: int
    what: What


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What an examination of the whole log found. `start`: the last line that was let go."""

    lines: int
    files: int
    start: Head
    head: Head
    problems: tuple[Problem, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every line is there and as it was written."""
        return all(problem.what == "torn" for problem in self.problems)


def verify(directory: Path, key: Secret, *expected: Head) -> Report:
    """Return what is wrong with the log, the first problems first.

    `expected` are heads that were kept elsewhere: the chain must have passed them. Without one
    nobody can tell whether the newest lines were cut off.
    """
    marks = Marks(key)
    files, broken = audit_files(directory, marks)
    start = read_start(directory, marks)
    files, _ = behind(files, start.head)
    follower = Follower(marks, start.head, expected)
    problems = [Problem(path.name, 1, "unreadable") for path in broken]
    if not start.is_ours:
        problems.append(Problem(NAME, 1, "edited"))
    problems += follower.follow(files)
    if follower.missing or (start.head.seq and not follower.count):
        problems.append(Problem(files[-1].path.name if files else NAME, follower.count, "cut_off"))
    return Report(
        lines=follower.count,
        files=len(files),
        start=start.head,
        head=follower.head,
        problems=tuple(problems[:MAX_PROBLEMS]),
    )


class Follower:
    """Follows the chain, line by line; after a problem it goes on from what it found."""

    def __init__(self, marks: Marks, start: Head, expected: Sequence[Head] = ()) -> None:
        self._marks = marks
        # Whether a line that was let go had this hash, nobody can say any more.
        self.missing = {head for head in expected if head.seq >= max(start.seq, 1)} - {start}
        self.head = start
        self.count = 0

    def follow(self, files: Sequence[AuditFile]) -> Iterator[Problem]:
        """Yield what is wrong with these files, which lie one behind the other."""
        for file in files:
            for number, raw in enumerate(lines(file.path), 1):
                for what in self._take(raw):
                    yield Problem(file.path.name, number, what)

    def _take(self, raw: bytes) -> Iterator[What]:
        found = read(self._marks, raw.removesuffix(b"\n"))
        if not raw.endswith(b"\n"):
            yield "torn"
        elif found is None:
            yield "unreadable"
        else:
            self.count += 1
            line, is_ours = found
            yield from self._judge(line, is_ours=is_ours)

    def _judge(self, line: Line, *, is_ours: bool) -> Iterator[What]:
        if not is_ours:
            yield "edited"
        if line.seq > self.head.seq + 1:
            yield "missing"
        elif line.seq <= self.head.seq:
            yield "out_of_order"
        elif line.prev != self.head.hash:
            yield "unchained"
        self.head = Head(line.seq, line.hash)
        self.missing.discard(self.head)
