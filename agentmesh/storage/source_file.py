"""A file that the owner sends: opened once with care, and the same file to the end."""

import errno
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Self

import msgspec

from agentmesh.errors import IntegrityError, TransportError, UsageError
from agentmesh.files import tree
from agentmesh.files.plan import Plan
from agentmesh.protocol.limits import MAX_FILE_BYTES

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OWN = ("keys", "run")
_READERS = 2
_PIECE = 32  # chunks
_MAY_LEAVE = "files/quarantine"


class Mark(msgspec.Struct, frozen=True):
    """By what we know that it is still the same file."""

    device: int
    inode: int
    size: int
    modified: int


@dataclass(frozen=True)
class SourceFile:
    """An open file. Read in any thread; `close` it, or use it as a context."""

    handle: int
    mark: Mark

    @classmethod
    def open(cls, path: Path, home: Path) -> Self:
        """Return the regular file at `path`, or say why it is not sent.

        The last part of the path may not be a link: what was named is what is sent. Nothing of our
        own home leaves this machine but what lies in quarantine.
        """
        _refuse_own(path, home)
        try:
            handle = os.open(path, _OPEN)
        except OSError as error:
            raise _explained(error, path) from None
        try:
            return cls(handle, _judged(os.fstat(handle), path, home))
        except BaseException:
            os.close(handle)
            raise

    def read(self, index: int) -> bytes:
        """Return a chunk of the file as it was when it was offered, else `file_changed`."""
        plan = Plan(self.mark.size)
        length = plan.length(index)
        try:
            data = os.pread(self.handle, length, plan.offset(index))
        except OSError:
            raise IntegrityError("file_unreadable", "The file cannot be read any more.") from None
        if len(data) != length or _mark(os.fstat(self.handle)) != self.mark:
            raise IntegrityError("file_changed", "The file was changed while it was being sent.")
        return data

    def root(self, is_wanted: Callable[[], bool]) -> bytes:
        """Read all of it and return its hash; `reading_stopped` as soon as nobody wants it.

        The other side waits for it: so two threads read and hash.
        """
        count = Plan(self.mark.size).count
        pieces = [range(at, min(at + _PIECE, count)) for at in range(0, count, _PIECE)]
        with ThreadPoolExecutor(_READERS) as readers:
            leaves = readers.map(lambda piece: self._leaves(piece, is_wanted), pieces)
            return tree.root(chain.from_iterable(leaves))

    def _leaves(self, piece: range, is_wanted: Callable[[], bool]) -> list[bytes]:
        if not is_wanted():
            raise TransportError("reading_stopped")
        return [tree.leaf(self.read(index)) for index in piece]

    def close(self) -> None:
        """Let go of the file."""
        os.close(self.handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _judged(found: os.stat_result, path: Path, home: Path) -> Mark:
    if not stat.S_ISREG(found.st_mode):
        raise UsageError("not_a_file", f"{path} is not a regular file.", "Pack a folder first.")
    if (found.st_dev, found.st_ino) in _own_files(home):
        raise _own(path)
    if found.st_size > MAX_FILE_BYTES:
        raise UsageError("file_too_large", f"{path} has more than {MAX_FILE_BYTES} bytes.")
    return _mark(found)


def _mark(found: os.stat_result) -> Mark:
    return Mark(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _refuse_own(path: Path, home: Path) -> None:
    # Links on the way are followed here; one at the end is refused by the system.
    place, home = path.parent.resolve() / path.name, home.resolve()
    if place.is_relative_to(home) and not place.is_relative_to(home / _MAY_LEAVE):
        raise _own(path)


def _own_files(home: Path) -> set[tuple[int, int]]:
    """Return the files of ours under which a second name may lie elsewhere."""
    paths = [*home.glob("*"), *(it for name in _OWN for it in (home / name).glob("*"))]
    found = [it.lstat() for it in paths if not it.is_dir() and it.exists()]
    return {(it.st_dev, it.st_ino) for it in found}


def _own(path: Path) -> UsageError:
    return UsageError(
        "file_is_ours", f"{path} belongs to AgentMesh itself.", "Keys and databases are not sent."
    )


def _explained(error: OSError, path: Path) -> UsageError:
    if error.errno == errno.ENOENT:
        return UsageError("file_not_found", f"There is no file {path}.")
    if error.errno == errno.ELOOP:
        return UsageError("file_is_link", f"{path} is a link.", "Name the file itself.")
    return UsageError("file_unreadable", f"{path} cannot be read: {error.strerror}.")
