"""Connections to SQLite: what the store asks of one, and how it is set up.

The store takes the function that makes connections, so that tests can put a disk underneath that
loses power.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from agentmesh.errors import StorageError
from agentmesh.storage.failures import failure

Values = Sequence[Any] | Mapping[str, Any]

_BUSY_SECONDS = 5.0
_CHECKED_BYTES = 128 * 1024 * 1024
# FULL: with NORMAL, a power cut takes acknowledged rows away. secure_delete: what is erased, old
# ratchet states above all, must not stay on free pages.
_SETTINGS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA journal_size_limit = 4194304",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
)


class Cursor(Protocol):
    """The answer to a statement."""

    def fetchall(self) -> list[Any]:
        """Return all rows; a statement read to its end holds no snapshot."""


class Connection(Protocol):
    """What is used of `sqlite3.Connection`, in autocommit mode."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def execute(self, sql: str, values: Values = ..., /) -> Cursor:
        """Run one statement."""

    def executemany(self, sql: str, values: Iterable[Values], /) -> Cursor:
        """Run one statement for each of the values."""

    def close(self) -> None:
        """Let go of the file."""


Connect = Callable[[Path], Connection]


def connect(path: Path) -> Connection:
    """Return a bare connection to an existing file."""
    return sqlite3.connect(
        f"file:{_quoted(path)}?mode=rw",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_SECONDS,
        check_same_thread=False,  # each is used by one thread at a time, but closed by another
        cached_statements=256,
    )


def set_up(connection: Connection, path: Path) -> None:
    """Make commits last; SQLite's own defaults do not."""
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchall()
    if mode != [("wal",)]:
        raise failure("storage_failed", path)
    for setting in _SETTINGS:
        connection.execute(setting).fetchall()


def check(connection: Connection, path: Path) -> bool:
    """Raise `StorageError` if the database is damaged; tell whether its indexes had to be mended.

    A huge one would take too long: there, damage shows when it is met.
    """
    if path.stat().st_size > _CHECKED_BYTES or _says_ok(connection, "integrity_check"):
        return False
    if not _says_ok(connection, "quick_check"):  # which leaves the indexes out
        raise failure("database_corrupt", path)
    with contextlib.suppress(sqlite3.IntegrityError):  # a key that is there twice
        connection.execute("REINDEX").fetchall()
    if not _says_ok(connection, "integrity_check"):
        raise failure("database_corrupt", path)
    return True


def _says_ok(connection: Connection, question: str) -> bool:
    return bool(connection.execute(f"PRAGMA {question}(1)").fetchall() == [("ok",)])


def protect(path: Path) -> None:
    """Let only its owner read the database and what SQLite lays beside it."""
    for suffix in ("", "-wal", "-shm"):
        beside = Path(f"{path}{suffix}")
        if beside.is_symlink():
            raise StorageError(
                "storage_unsafe", f"{beside} is a symbolic link.", "Put the file itself there."
            )
        if beside.exists():
            os.chmod(beside, 0o600)


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
