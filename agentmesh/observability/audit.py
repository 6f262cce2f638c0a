"""The audit log: what happened, for the owner, for good. Never content, never keys.

`record` numbers and marks; `flush` writes what gathered, in one write, and may run in a thread: it
has hardly anything to compute, which would take the interpreter away from everybody else. A disk
that is full or broken stops nobody: lines wait up to a bound, then facts are counted, and the count
is written as soon as there is room.
"""

import os
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import groupby, takewhile
from pathlib import Path

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.errors import StorageError
from agentmesh.observability import audit_line
from agentmesh.observability.audit_anchor import behind, read_start, write_start
from agentmesh.observability.audit_files import (
    MAX_FILE,
    AuditFile,
    audit_files,
    last_line,
    mend,
    open_last,
    open_new,
    retire,
)
from agentmesh.observability.audit_line import Event, Field, Head, Marks
from agentmesh.observability.audit_verify import Follower
from agentmesh.protocol.times import from_text, to_text
from agentmesh.protocol.world import Clock

MAX_WAITING = 10_000
SYNC_SECONDS = 1.0
LET_GO_FILES = 4
"""At most so many files go at once: a clock that is wrong for a moment takes no more along."""
_DAY_SECONDS = 86400


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """How the log is doing."""

    waiting: int
    lost: int
    failing: bool


class _Run(msgspec.Struct, frozen=True):
    """Lines that were made together: of which day, how many, and the chain's head behind them."""

    day: str
    count: int
    lines: bytes
    head: Head


class AuditLog:
    """The log in one directory. One process has it open at a time."""

    def __init__(self, directory: Path, key: Secret, clock: Clock) -> None:
        self._directory = directory
        self._marks = Marks(key)
        self._clock = clock
        self._head = Head()
        self._waiting: deque[_Run] = deque()
        self._lines_waiting = 0
        self._lost = 0
        self._failing = False
        self._file: AuditFile | None = None
        self._handle = -1
        self._size = 0
        self._synced_at = clock.monotonic()
        self._unsynced = False
        self._memory = threading.Lock()
        self._disk = threading.Lock()
        self._resume()

    def record(self, event: Event, **fields: Field) -> None:
        """Write down one fact, soon."""
        self.record_all(event, [fields])

    def record_all(self, event: Event, facts: Sequence[Mapping[str, Field]]) -> None:
        """Write down facts of one kind, soon."""
        with self._memory:
            time = to_text(self._clock.now())
            if self._lost and self._lines_waiting < MAX_WAITING - 1:
                self._add(time, Event.AUDIT_LOST, [{"count": self._lost}])
                self._lost = 0
            # One place is kept for saying how many found none.
            room = max(MAX_WAITING - 1 - self._lines_waiting, 0)
            if fitting := facts[:room]:
                self._add(time, event, fitting)
            self._lost += len(facts) - len(fitting)

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits, and the disk has all that was written."""
        return not (self._waiting or self._unsynced or self._failing)

    def flush(self) -> bool:
        """Write what waits; return whether all of it is in the file. Once a second it is synced."""
        with self._disk:
            with self._memory:
                runs = tuple(self._waiting)
            try:
                for day, group in groupby(runs, key=_day):
                    self._write(day, list(group))
                self._sync(SYNC_SECONDS)
            except OSError:
                self._failing = True
                return False
            self._failing = False
            return True

    def close(self) -> None:
        """Write and sync what can be written, and let the file go."""
        self.flush()
        with self._disk:
            try:
                self._sync(0)
            except OSError:
                self._failing = True
            self._let_go()

    def head(self) -> Head:
        """Return where the chain stands: the last line that was written."""
        return self._head

    def let_go(self, before: float) -> int:
        """Erase the oldest files whose day was over before then; return how many lines that were.

        What does not fit the chain is kept: it is the owner's to look at.
        """
        with self._disk:
            try:
                gone, lines = self._erase(before)
            except OSError as error:
                raise _unusable(self._directory, error) from None
        if gone:
            self.record(Event.AUDIT_LET_GO, lines=lines, files=gone)
        return lines

    def condition(self) -> Condition:
        """Return how the log is doing."""
        return Condition(waiting=self._lines_waiting, lost=self._lost, failing=self._failing)

    def _erase(self, before: float) -> tuple[int, int]:
        """Return how many files, and how many lines, are gone."""
        files, _ = audit_files(self._directory, self._marks)
        start = read_start(self._directory, self._marks)
        files, _ = behind(files, start.head)
        old = list(takewhile(lambda file: _end(file) <= before, files[:-1][:LET_GO_FILES]))
        follower = Follower(self._marks, start.head)
        if not old or not start.is_ours or any(follower.follow(old)):
            return 0, 0
        write_start(self._directory, self._marks, follower.head)
        for file in old:
            file.path.unlink()
        return len(old), follower.count

    def _add(self, time: str, event: Event, facts: Sequence[Mapping[str, Field]]) -> None:
        """Make the next lines of the chain, to be written."""
        head = self._waiting[-1].head if self._waiting else self._head
        lines, head = audit_line.write(self._marks, head, time, event, facts)
        self._waiting.append(_Run(time.partition("T")[0], len(facts), lines, head))
        self._lines_waiting += len(facts)

    def _write(self, day: str, runs: Sequence[_Run]) -> None:
        data = b"".join(run.lines for run in runs)
        self._drop_half_written()
        self._choose_file(day, len(data))
        written = 0
        while written < len(data):
            written += os.write(self._handle, data[written:])
        self._size += len(data)
        self._unsynced = True
        with self._memory:
            self._head = runs[-1].head
            for _ in runs:
                self._lines_waiting -= self._waiting.popleft().count

    def _drop_half_written(self) -> None:
        """Leave nothing behind of a write that failed: its lines are written again, elsewhere."""
        if self._handle >= 0:
            self._size = min(self._size, os.fstat(self._handle).st_size)
            os.ftruncate(self._handle, self._size)

    def _choose_file(self, day: str, more: int) -> None:
        if self._file is not None and self._file.day == day and self._size + more <= MAX_FILE:
            if self._handle < 0:
                self._handle = open_last(self._file)
            if os.fstat(self._handle).st_nlink:
                return
        self._sync(0)
        self._let_go()
        self._handle, self._file = open_new(self._directory, day)
        self._size = 0

    def _sync(self, at_least: float) -> None:
        now = self._clock.monotonic()
        if self._unsynced and now - self._synced_at >= at_least:
            os.fsync(self._handle)
            self._unsynced = False
            self._synced_at = now

    def _let_go(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1

    def _resume(self) -> None:
        """Go on from the last whole line, and write down what was not as we left it."""
        try:
            self._directory.mkdir(mode=0o700, exist_ok=True)
            files, broken = audit_files(self._directory, self._marks)
            start = read_start(self._directory, self._marks)
            self._head, is_ours = start.head, start.is_ours
            files, over = behind(files, start.head)
            for file in over:
                file.path.unlink()
            if files:
                self._file = files[-1]
                self._head, is_ours = last_line(self._file.path, self._marks)
        except OSError as error:
            raise _unusable(self._directory, error) from None
        torn = self._mend(broken)
        if torn:
            self.record(Event.AUDIT_TORN, bytes=torn)
        if not is_ours:
            self.record(Event.AUDIT_DAMAGED)

    def _mend(self, broken: Sequence[Path]) -> int:
        """Set aside what a crash left half-written; return how many bytes that was."""
        torn = 0
        try:
            for path in broken:
                torn += retire(path)
            if self._file is not None:
                torn += mend(self._file.path)
                self._size = self._file.path.stat().st_size
        except OSError:
            self._failing = True
            self._file = None  # no room to mend it: the chain goes on in another file
        return torn


def _day(run: _Run) -> str:
    return run.day


def _end(file: AuditFile) -> float:
    """Return when the day of a file was over."""
    return from_text(f"{file.day}T00:00:00Z") + _DAY_SECONDS


def _unusable(directory: Path, error: OSError) -> StorageError:
    return StorageError("audit_unusable", f"{directory} cannot be used: {error.strerror}.")
