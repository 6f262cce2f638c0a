"""Whether the audit log is what we wrote: nothing edited, left out, added or moved."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.observability.audit_files import audit_files, lines
from agentmesh.observability.audit_line import Head, Line, read

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
    """What an examination of the whole log found."""

    lines: int
    files: int
    head: Head
    problems: tuple[Problem, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every line is there and as it was written."""
        return all(problem.what == "torn" for problem in self.problems)


def verify(directory: Path, key: Secret, expected: Head | None = None) -> Report:
    """Return what is wrong with the log, the first problems first.

    `expected` is a head that was kept elsewhere: the chain must have passed it. Without it nobody
    can tell whether the newest lines were cut off.
    """
    files, broken = audit_files(directory, key)
    reader = _Reader(key, expected)
    problems = [Problem(path.name, 1, "unreadable") for path in broken]
    for file in files:
        for number, raw in enumerate(lines(file.path), 1):
            problems += [Problem(file.path.name, number, what) for what in reader.take(raw)]
    if reader.is_expected_missing:
        problems.append(Problem(files[-1].path.name if files else "", reader.count, "cut_off"))
    return Report(
        lines=reader.count,
        files=len(files),
        head=reader.head,
        problems=tuple(problems[:MAX_PROBLEMS]),
    )


class _Reader:
    """Follows the chain, line by line; after a problem it goes on from what it found."""

    def __init__(self, key: Secret, expected: Head | None) -> None:
        self._key = key
        self._expected = expected
        self.is_expected_missing = expected is not None and expected.seq > 0
        self.head = Head()
        self.count = 0

    def take(self, raw: bytes) -> Iterator[What]:
        found = read(self._key, raw.removesuffix(b"\n"))
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
        if self.head == self._expected:
            self.is_expected_missing = False
