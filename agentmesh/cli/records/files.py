"""Files that a command makes for the owner: whole or not at all, private, never over another."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from agentmesh.errors import StorageError, UsageError

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_new(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Make the file at `path` with what `write` writes; refuse one that is there already."""
    if os.path.lexists(path):
        raise _exists(path)
    new = path.with_name(f".{path.name[:100]}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(new, _FLAGS, 0o600), "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.link(new, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        raise StorageError("file_unwritable", f"{path}: {error.strerror}.") from None
    finally:
        new.unlink(missing_ok=True)


def read_file(path: Path, limit: int) -> str:
    """Return a small file as text; what is no UTF-8 is kept as it is, for others to refuse."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise UsageError("file_unreadable", f"{path}: {error.strerror}.") from None
    if len(data) > limit:
        raise UsageError("file_too_large", f"{path} is larger than any file of this kind.")
    return data.decode(errors="replace")


def _exists(path: Path) -> UsageError:
    return UsageError("file_exists", f"{path} is there already.", "Name another one.")
