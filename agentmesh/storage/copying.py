"""A copy of the database as it is at one moment, while the daemon goes on writing."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from agentmesh.errors import UsageError
from agentmesh.storage.connection import connect
from agentmesh.storage.failures import explain, explain_os

_COPY = ".copy"
_LOCK = "copying.lock"


@contextlib.contextmanager
def copied(database: Path, folder: Path) -> Iterator[Path]:
    """Yield a copy in `folder`, which is erased in the end; what a crash left there goes too."""
    copy = folder / f"{database.name}{_COPY}"
    with _alone(folder / _LOCK):
        try:
            _copy(database, copy)
            yield copy
        finally:
            copy.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep everybody else from making a copy meanwhile, in this process too."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise explain_os(error, path) from error
    try:
        _take(lock)
        yield
    finally:
        os.close(lock)


def _take(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            "backup_running", "A backup is being made already.", "Try again when it is there."
        ) from None


def _copy(database: Path, copy: Path) -> None:
    try:
        copy.unlink(missing_ok=True)
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        with contextlib.closing(connect(database)) as opened:
            opened.execute("VACUUM INTO ?", (str(copy),)).fetchall()
    except sqlite3.Error as error:
        raise explain(error, database) from error
    except OSError as error:
        raise explain_os(error, database) from error
