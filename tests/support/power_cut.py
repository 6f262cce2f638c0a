"""A disk that loses power: SQLite runs over a VFS that knows which writes were synced.

Writes go through to real files, and what each unsynced one covered is remembered. At the cut,
SQLite is stopped at once; then each sector of each unsynced write is kept or taken back by chance,
as a disk that reorders writes may do. Names survive: whoever makes a file syncs its directory.

`sqlite3` and `apsw` bring a SQLite each; the adapter below answers the calls that the stores use,
so that the stores' own code, schema and settings are what runs. WAL without shared memory needs one
connection that holds the file alone, hence all connections of a store share one here.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any, NamedTuple

import apsw

CUTS = int(os.environ.get("AGENTMESH_CUTS", "60"))
"""How often a test cuts the power."""
ROUNDS = 5
"""How many cuts one database lives through."""

SECTOR = 512


class Cut(Exception):
    """The power is gone."""


class _Write(NamedTuple):
    offset: int
    before: bytes
    after: bytes


class _Unsynced:
    """What may still be lost of one file."""

    def __init__(self, size: int) -> None:
        self.size = size  # as of the last sync
        self.writes: list[_Write] = []


class Disk:
    """Files that may lose what was not synced. Power fails after `operations` more operations."""

    def __init__(self, random: Random, operations: int) -> None:
        self._random = random
        self._left = operations
        self._unsynced: dict[str, _Unsynced] = {}
        self.is_cut = False
        self.syncs = 0

    def work(self) -> None:
        """Count one operation of the disk; with no power left, none is done any more."""
        self._left -= 1
        if self._left < 0:
            self.is_cut = True
        if self.is_cut:
            raise Cut

    def write(self, path: str, data: bytes, offset: int) -> None:
        file = self._file(path)
        with open(path, "r+b") as real:
            real.seek(offset)
            before = real.read(len(data))
            real.seek(offset)
            real.write(data)
        file.writes.append(_Write(offset, before, data))

    def truncate(self, path: str, size: int) -> None:
        file = self._file(path)
        with open(path, "r+b") as real:
            real.seek(size)
            file.writes.append(_Write(size, real.read(), b""))
            real.truncate(size)

    def sync(self, path: str) -> None:
        self.syncs += 1
        self._unsynced.pop(path, None)

    def forget(self, path: str) -> None:
        """Remove the file; this the disk does at once or not at all, and here at once."""
        self._unsynced.pop(path, None)
        os.unlink(path)

    def crash(self) -> None:
        """Leave on the files what the power cut leaves of them."""
        self.is_cut = True
        for path, file in self._unsynced.items():
            if os.path.exists(path):
                self._tear(path, file)
        self._unsynced.clear()

    def _file(self, path: str) -> _Unsynced:
        if path not in self._unsynced:
            self._unsynced[path] = _Unsynced(os.path.getsize(path))
        return self._unsynced[path]

    def _tear(self, path: str, file: _Unsynced) -> None:
        """Take the file back to its last sync, then let a chance part of the writes happen."""
        with open(path, "r+b") as real:
            for write in reversed(file.writes):
                real.seek(write.offset)
                real.write(write.before)
            real.truncate(file.size)
            survival = self._random.choice([0.0, 0.5, 0.9, 1.0])
            for write in file.writes:
                self._replay(real, write, survival)

    def _replay(self, real: Any, write: _Write, survival: float) -> None:
        if not write.after:
            if self._random.random() < survival:
                real.truncate(write.offset)
            return
        for start in range(0, len(write.after), SECTOR):
            if self._random.random() < survival:
                real.seek(write.offset + start)
                real.write(write.after[start : start + SECTOR])


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, path: str, flags: list[int]) -> None:
        disk.work()
        super().__init__("unix", path, flags)
        self._disk = disk
        self._path = path

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.work()
        self._disk.write(self._path, data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.work()
        self._disk.truncate(self._path, size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.work()
        self._disk.sync(self._path)


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.called = f"cut-{id(disk):x}"
        super().__init__(self.called, "unix", exclude={"xSetSystemCall", "xGetSystemCall"})

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None:
            return apsw.VFSFile("unix", name, flags)
        return _File(self._disk, str(path), flags)

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802
        self._disk.work()
        if os.path.exists(name):
            self._disk.forget(name)


class _Answer:
    """Rows, handed out as a `sqlite3.Cursor` does."""

    def __init__(self, rows: list[tuple[Any, ...]], lastrowid: int, rowcount: int) -> None:
        self._rows = iter(rows)
        self.lastrowid = lastrowid
        self.rowcount = rowcount

    def fetchall(self) -> list[tuple[Any, ...]]:
        return list(self._rows)

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._rows


class _Connection:
    """An `apsw` connection that answers as `sqlite3` does, shared by those who open the file."""

    def __init__(self, path: Path, vfs: str, *, is_weak: bool) -> None:
        self.holders = 0
        self._is_weak = is_weak
        self._lock = Lock()
        with _in_words_of_sqlite3():
            self._real = apsw.Connection(str(path), vfs=vfs, statementcachesize=256)
            self._real.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()

    @property
    def in_transaction(self) -> bool:
        return bool(self._real.in_transaction)

    def execute(self, sql: str, values: Any = (), /) -> _Answer:
        if self._is_weak:
            sql = sql.replace("synchronous = FULL", "synchronous = NORMAL")
        return self._run(lambda: self._real.execute(sql, values))

    def executemany(self, sql: str, values: Iterable[Any], /) -> _Answer:
        return self._run(lambda: self._real.executemany(sql, values))

    def executescript(self, script: str) -> _Answer:
        return self.execute(script)

    def close(self) -> None:
        self.holders -= 1
        if self.holders == 0:
            with contextlib.suppress(Cut, apsw.Error):
                self._real.close()

    def _run(self, work: Any) -> _Answer:
        with self._lock, _in_words_of_sqlite3():
            rows = work().fetchall()
            return _Answer(rows, self._real.last_insert_rowid(), self._real.changes())


class PoweredConnections:
    """Makes connections for a store; all of one file are the same.

    Weak ones acknowledge before the fsync, to show that it would be noticed.
    """

    def __init__(self, disk: Disk, *, are_weak: bool = False) -> None:
        self._are_weak = are_weak
        self._vfs = _Vfs(disk)
        self._open: dict[Path, _Connection] = {}

    def __call__(self, path: Path) -> Any:
        connection = self._open.get(path)
        if connection is None or connection.holders == 0:
            connection = self._open[path] = _Connection(
                path, self._vfs.called, is_weak=self._are_weak
            )
        connection.holders += 1
        return connection


@contextlib.contextmanager
def _in_words_of_sqlite3() -> Iterator[None]:
    try:
        yield
    except Cut:
        raise _failure(sqlite3.SQLITE_IOERR, "the power is gone") from None
    except apsw.Error as error:
        raise _failure(error.extendedresult, str(error)) from error


def _failure(code: int, message: str) -> sqlite3.OperationalError:
    failure = sqlite3.OperationalError(message)
    failure.sqlite_errorcode = code
    failure.sqlite_errorname = str(apsw.mapping_result_codes[code & 0xFF])
    return failure
