"""The agent's directory, `~/.agentmesh`: for its owner only, and for one daemon at a time."""

import fcntl
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from agentmesh.errors import IntegrityError, StorageError, UsageError

ROOMS = ("keys", "logs", "transcripts", "run")
LOCK = "daemon.lock"
MODE = 0o700
_OTHERS_WRITE = 0o022


class Home:
    """Entered: the directories are there and ours alone. Left: another daemon may have them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = -1

    def __enter__(self) -> Self:
        prepare(self.path)
        self._lock = _take(self.path / "run" / LOCK)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._lock)


def prepare(path: Path) -> None:
    """Make the directory and its rooms, under any umask; refuse one that is not safe."""
    try:
        path.mkdir(mode=MODE, parents=True, exist_ok=True)
        _check(path)
        for name in ROOMS:
            (path / name).mkdir(mode=MODE, exist_ok=True)
            _check(path / name)
    except FileExistsError:
        raise UsageError("home_not_a_directory", f"{path} is not a directory.") from None
    except OSError as error:
        raise StorageError(
            "home_unusable",
            f"{path} cannot be used: {error.strerror}.",
            "Make room or fix its permissions, or set AGENTMESH_HOME to another place.",
        ) from None


def _check(path: Path) -> None:
    state = path.lstat()
    if stat.S_ISLNK(state.st_mode):
        raise IntegrityError("home_link", f"{path} is a link.", "Use the directory itself.")
    if state.st_uid != os.geteuid():
        raise IntegrityError(
            "home_owner", f"{path} belongs to another user.", f"sudo chown -R $USER {path}"
        )
    if stat.S_IMODE(state.st_mode) & _OTHERS_WRITE:
        raise IntegrityError(
            "home_open_to_others",
            f"Others may write into {path}; what lies there cannot be trusted.",
            f"Look at what is in it, then: chmod 700 {path}",
        )
    if stat.S_IMODE(state.st_mode) != MODE:
        path.chmod(MODE)


def _take(path: Path) -> int:
    """Return the lock of this home, with our pid in it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        pid = os.read(lock, 20).decode(errors="replace").strip()
        os.close(lock)
        raise UsageError(
            "already_running",
            f"Another daemon (pid {pid or 'unknown'}) has this home.",
            "See `agentmesh status`, or end it with `agentmesh down`.",
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock
