"""The agent's directory, `~/.agentmesh`: for its owner only, and for one daemon at a time."""

import contextlib
import errno
import fcntl
import os
import stat
from pathlib import Path
from typing import Self

from agentmesh.errors import StorageError, UsageError
from agentmesh.storage.failures import explain_os

ROOMS = ("keys", "logs", "transcripts", "run", "files", "files/arriving", "files/quarantine")
LOCK = "run/daemon.lock"
MODE = 0o700

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_MAX_PID_BYTES = 20
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LOCK_FILE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Home:
    """Entered: the directories are there and ours alone. Left: another daemon may have them.

    `repairs` says what had to be put right.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.repairs: list[str] = []
        self._lock = -1

    def __enter__(self) -> Self:
        self.repairs = prepare(self.path)
        self._lock = _take(self.path)
        return self

    def __exit__(self, *exc_info: object) -> None:
        os.close(self._lock)  # so does the end of the process, however it ends


def prepare(home: Path) -> list[str]:
    """Make the home and its rooms under any umask; return what had to be put right.

    One that others may read is closed to them. One that is a link, somebody else's, or that others
    may write is refused: what lies inside may not be ours.
    """
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        repairs = [_private_directory(path) for path in (home, *(home / name for name in ROOMS))]
    except OSError as error:
        raise explain_os(error, home) from error
    return [repair for repair in repairs if repair]


def _private_directory(path: Path) -> str:
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, MODE)
        os.chmod(path, MODE)  # whatever the umask took away
    handle = _opened(path)
    try:
        found = os.fstat(handle)
        _refuse_unsafe(path, found)
        if stat.S_IMODE(found.st_mode) == MODE:
            return ""
        os.fchmod(handle, MODE)
    finally:
        os.close(handle)
    return f"{path} had mode {stat.S_IMODE(found.st_mode):04o}; only you may enter it now."


def _opened(path: Path) -> int:
    try:
        return os.open(path, _DIRECTORY)
    except OSError as error:
        if error.errno not in {errno.ELOOP, errno.ENOTDIR}:
            raise
    raise StorageError(
        "unsafe_home",
        f"{path} is not a directory itself, but a file or a link.",
        "Put the directory there, or set AGENTMESH_HOME to where it is.",
    )


def _refuse_unsafe(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        raise StorageError(
            "foreign_home",
            f"{path} belongs to user {found.st_uid}, and this is user {os.geteuid()}.",
            "Set AGENTMESH_HOME to your own.",
        )
    if found.st_mode & _OTHERS_WRITE:
        raise StorageError(
            "unsafe_home",
            f"Others may write into {path} (mode {stat.S_IMODE(found.st_mode):04o}).",
            f"See that all in it is yours, then run: chmod 700 '{path}'",
        )


def _take(home: Path) -> int:
    """Return the lock of this home, with our pid in it."""
    path = home / LOCK
    try:
        lock = os.open(path, _LOCK_FILE, 0o600)
        os.fchmod(lock, 0o600)
    except OSError as error:
        raise explain_os(error, path) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.pread(lock, _MAX_PID_BYTES, 0).decode("ascii", "replace").strip()
        os.close(lock)
        raise UsageError(
            "already_running",
            f"Another daemon (pid {pid or 'unknown'}) has {home}.",
            "See `agentmesh status`, or end it with `agentmesh down`.",
        ) from None
    try:
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        os.close(lock)
        raise explain_os(error, path) from error
    return lock
