"""The audit log: what happened, for the owner, for good. Never content, never keys.

`record` only remembers; `flush` writes what gathered, in one write, and may run in a thread. A disk
that is full or broken stops nobody: facts wait up to a bound, then they are counted, and the count
is written as soon as there is room.
"""

import os
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.errors import StorageError
from agentmesh.observability import audit_line
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
from agentmesh.observability.audit_line import Event, Field, Head
from agentmesh.protocol.times import to_text
from agentmesh.protocol.world import Clock

MAX_WAITING = 10_000
SYNC_SECONDS = 1.0
_DAY_LETTERS = 10


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """How the log is doing."""

    waiting: int
    lost: int
    failing: bool


class _Entry(msgspec.Struct, frozen=True):
    day: str
    line: bytes


class AuditLog:
    """The log in one directory. One process has it open at a time."""

    def __init__(self, directory: Path, key: Secret, clock: Clock) -> None:
        self._directory = directory
        self._key = key
        self._clock = clock
        self._head = Head()
        self._waiting: deque[_Entry] = deque()
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
        with self._memory:
            # One place is kept for saying how many found none.
            if len(self._waiting) >= MAX_WAITING - 1:
                self._lost += 1
                return
            if self._lost:
                self._append(Event.AUDIT_LOST, {"count": self._lost})
                self._lost = 0
            self._append(event, fields)

    def flush(self) -> bool:
        """Write what waits; return whether all of it is in the file. Once a second it is synced."""
        with self._disk:
            with self._memory:
                entries = tuple(self._waiting)
            try:
                for day, group in groupby(entries, key=lambda entry: entry.day):
                    self._write(day, [entry.line for entry in group])
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
        """Return where the chain stands."""
        return self._head

    def condition(self) -> Condition:
        """Return how the log is doing."""
        return Condition(waiting=len(self._waiting), lost=self._lost, failing=self._failing)

    def _append(self, event: Event, fields: Mapping[str, Field]) -> None:
        time = to_text(self._clock.now())
        line, self._head = audit_line.write(self._key, self._head, time, event, fields)
        self._waiting.append(_Entry(time[:_DAY_LETTERS], line))

    def _write(self, day: str, batch: list[bytes]) -> None:
        data = b"".join(batch)
        self._choose_file(day, len(data))
        self._size = min(self._size, os.fstat(self._handle).st_size)
        os.ftruncate(self._handle, self._size)  # an earlier write may have failed half-way
        written = 0
        while written < len(data):
            written += os.write(self._handle, data[written:])
        self._size += len(data)
        self._unsynced = True
        with self._memory:
            for _ in batch:
                self._waiting.popleft()

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
            files, broken = audit_files(self._directory, self._key)
            is_ours = True
            if files:
                self._file = files[-1]
                self._head, is_ours = last_line(self._file.path, self._key)
        except OSError as error:
            raise StorageError(
                "audit_unusable", f"{self._directory} cannot be used: {error.strerror}."
            ) from None
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
