"""Failures of the disk and of SQLite in our words: what happened, and what the owner can do."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentmesh.errors import StorageError

_PRIMARY = 0xFF
_SHM_FULL = {sqlite3.SQLITE_IOERR_SHMSIZE}
_KINDS = {
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_READONLY: "storage_readonly",
    sqlite3.SQLITE_PERM: "storage_readonly",
    sqlite3.SQLITE_CORRUPT: "database_corrupt",
    sqlite3.SQLITE_ERROR: "database_corrupt",  # our statements are right: the schema is not
    sqlite3.SQLITE_NOTADB: "database_corrupt",
    sqlite3.SQLITE_BUSY: "storage_locked",
    sqlite3.SQLITE_LOCKED: "storage_locked",
}
_OS_KINDS = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EROFS: "storage_readonly",
    errno.EACCES: "storage_readonly",
    errno.EPERM: "storage_readonly",
}
_WORDS = {
    "disk_full": (
        "There is no space left for {path}.",
        "Make space on its disk; AgentMesh goes on by itself.",
    ),
    "storage_readonly": (
        "{path} cannot be written.",
        "Check the owner and mode of the file and its directory, and how the disk is mounted.",
    ),
    "database_corrupt": (
        "{path} is damaged.",
        "Run `agentmesh doctor`; it says how to go on, and what can be saved of {path}.",
    ),
    "storage_locked": (
        "Another program holds {path}.",
        "Is a second daemon or a backup at work on it? Stop it, then try again.",
    ),
    "storage_failed": (
        "The disk under {path} does not do as asked.",
        "Run `agentmesh doctor`, and look at the system's log for disk errors.",
    ),
}


def failure(code: str, path: Path) -> StorageError:
    """Return the error for what happened to the file at `path`."""
    message, hint = _WORDS[code]
    return StorageError(code, message.format(path=path), hint.format(path=path))


def explain(error: sqlite3.Error, path: Path) -> StorageError:
    """Return SQLite's error as ours."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    if code in _SHM_FULL:
        return failure("disk_full", path)
    return failure(_KINDS.get(code & _PRIMARY, "storage_failed"), path)


def explain_os(error: OSError, path: Path) -> StorageError:
    """Return the system's error as ours."""
    return failure(_OS_KINDS.get(error.errno or 0, "storage_failed"), path)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say the system's errors in our words, while something is done with `path`."""
    try:
        yield
    except OSError as error:
        raise explain_os(error, path) from None
