"""Files that nobody but their owner may touch: how they are read, written and judged.

Modes are set on the open file, so that no umask has a say; what is judged is the open file too, so
that nothing can be swapped in between.
"""

import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentmesh.errors import IntegrityError, StorageError, TimedOut
from agentmesh.protocol.world import Entropy

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
_OTHERS = 0o077
_OTHERS_WRITE = 0o022
_NEW = ".new"
_LOCK_TRIES = 200
_LOCK_PAUSE = 0.05


def read_private(path: Path, limit: int) -> bytes:
    """Return a file's bytes, after making sure that it is ours and nobody else can read it."""
    file = _open(path)
    try:
        state = os.fstat(file)
        if not stat.S_ISREG(state.st_mode):
            raise IntegrityError("key_damaged", f"{path} is not a regular file.")
        _refuse_foreign(path, state)
        if state.st_mode & _OTHERS:
            raise open_to_others(path, state, FILE_MODE)
        data = os.read(file, limit + 1)
    except OSError as error:
        raise _failed(path, error) from None
    finally:
        os.close(file)
    if len(data) > limit:
        raise IntegrityError("key_damaged", f"{path} is larger than any file of ours.")
    return data


def write_private(path: Path, data: bytes, entropy: Entropy) -> None:
    """Put a file in place, for its owner only; a crash leaves the old one or the new one."""
    new = path.with_name(f".{path.name}.{entropy(8).hex()}{_NEW}")
    try:
        _write_new(new, data)
        new.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise _failed(path, error) from None


def make_private_directory(path: Path) -> None:
    """Make a directory, and its parent if need be, which only the owner may enter."""
    try:
        path.parent.parent.mkdir(parents=True, exist_ok=True)
        for each in (path.parent, path):
            if not each.is_dir():
                each.mkdir(DIRECTORY_MODE)
                each.chmod(DIRECTORY_MODE)
    except OSError as error:
        raise _failed(path, error) from None


def check_directory(path: Path) -> None:
    """Make sure that nobody else can put files into a directory."""
    try:
        state = path.lstat()
    except OSError as error:
        raise _failed(path, error) from None
    if not stat.S_ISDIR(state.st_mode):
        raise _linked(path) if stat.S_ISLNK(state.st_mode) else _failed(path, None)
    _refuse_foreign(path, state)
    if state.st_mode & _OTHERS_WRITE:
        raise open_to_others(path, state, DIRECTORY_MODE)


@contextmanager
def only_writer(directory: Path) -> Iterator[None]:
    """Keep other processes out while keys are made or changed, and clear what a crash left."""
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise _failed(directory, error) from None
    try:
        _lock(handle)
        for left in directory.glob(f".*{_NEW}"):
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)


def sync_directory(path: Path) -> None:
    """Make a new name in a directory survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_to_others(path: Path, state: os.stat_result, wanted: int) -> IntegrityError:
    """Return the error for a mode that lets others in."""
    return IntegrityError(
        "key_file_mode",
        f"{path} has mode {stat.S_IMODE(state.st_mode):04o}: others may get at the private keys.",
        f"chmod {wanted:o} '{path}'",
    )


def _lock(handle: int) -> None:
    for _ in range(_LOCK_TRIES):
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOCK_PAUSE)
    raise TimedOut("keys_busy", "Another process is at work on the keys.", "Try again.")


def _write_new(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, FILE_MODE), "wb") as file:
        os.fchmod(file.fileno(), FILE_MODE)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _open(path: Path) -> int:
    try:
        # Not blocking: a pipe that somebody put there must not hold us up.
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _linked(path) from None
        raise _failed(path, error) from None


def _refuse_foreign(path: Path, state: os.stat_result) -> None:
    if state.st_uid != os.geteuid():
        raise IntegrityError(
            "key_file_owner",
            f"{path} belongs to user {state.st_uid}, and this is user {os.geteuid()}.",
            "Run agentmesh as the user who made the keys.",
        )


def _linked(path: Path) -> IntegrityError:
    return IntegrityError(
        "key_file_link",
        f"{path} is a symbolic link; keys are not read through links.",
        "Put the file itself there, or point AGENTMESH_HOME at its home.",
    )


def _failed(path: Path, error: OSError | None) -> StorageError:
    if error is not None and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StorageError("disk_full", f"No room for {path}.", "Free some space and try again.")
    why = os.strerror(error.errno) if error is not None and error.errno else "not a directory"
    return StorageError("key_file_unusable", f"{path}: {why}.")
