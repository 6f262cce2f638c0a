"""A file that is coming: its data, and beside it the hash of each chunk that is safe.

A hash is written after its data is on the disk, never before. So whatever the moment of a crash,
what the hashes speak of is there; what they do not speak of comes again.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from agentmesh.files import tree
from agentmesh.files.plan import Plan
from agentmesh.files.ranges import Ranges
from agentmesh.storage.failures import explained

MODE = 0o600
_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_LEAVES_AT_ONCE = 4096
PART, LEAVES = ".part", ".leaves"


Leaves = dict[int, bytes]
"""The hashes of chunks that are written, and not safe yet."""


class PartFile:
    """`there` are the chunks that are written, safe or not.

    One thread at a time calls, but `make_safe` may run beside all others.
    """

    def __init__(self, folder: Path, name: str, plan: Plan) -> None:
        self.path = folder / (name + PART)
        self._leaves_path = folder / (name + LEAVES)
        self._plan = plan
        self._unsafe: Leaves = {}
        with explained(self.path):
            self._data = _open(self.path)
            try:
                self._leaves = _open(self._leaves_path)
            except BaseException:
                os.close(self._data)
                raise
            sync_folder(folder)
        self.there = Ranges()
        for index, leaf in enumerate(self._safe_leaves()):
            if leaf != tree.ABSENT:
                self.there.add(index)

    @property
    def unsafe(self) -> int:
        """How many chunks are written and not yet safe."""
        return len(self._unsafe)

    def write(self, index: int, chunk: bytes) -> None:
        """Write a chunk in its place. It is not safe before `make_safe`."""
        with explained(self.path):
            _write_all(self._data, chunk, self._plan.offset(index))
        self._unsafe[index] = tree.leaf(chunk)
        self.there.add(index)

    def take_unsafe(self) -> Leaves:
        """Return what is to be made safe; it does not count as unsafe any more."""
        taken, self._unsafe = self._unsafe, {}
        return taken

    def give_back(self, leaves: Leaves) -> None:
        """Take back what could not be made safe."""
        self._unsafe = leaves | self._unsafe

    def make_safe(self, leaves: Leaves) -> None:
        """Make safe what was written: the data first, then the hashes."""
        with explained(self.path):
            os.fdatasync(self._data)
            for first, piece in _neighbours(leaves):
                _write_all(self._leaves, piece, first * tree.LEAF_BYTES)
            os.fdatasync(self._leaves)

    def root(self) -> bytes:
        """Return the hash over all chunks, by the hashes that are safe."""
        return tree.root(self._safe_leaves())

    def recheck(self) -> None:
        """Read the data again and forget each chunk that is not what its hash says.

        A power cut may have torn a hash in two.
        """
        self.there = Ranges()
        for index, leaf in enumerate(list(self._safe_leaves())):
            with explained(self.path):
                data = os.pread(self._data, self._plan.length(index), self._plan.offset(index))
                if leaf == tree.leaf(data):
                    self.there.add(index)
                else:
                    _write_all(self._leaves, tree.ABSENT, index * tree.LEAF_BYTES)

    def close(self) -> None:
        """Let go of it; what is not safe is lost."""
        os.close(self._data)
        os.close(self._leaves)

    def _safe_leaves(self) -> Iterator[bytes]:
        for first in range(0, self._plan.count, _LEAVES_AT_ONCE):
            count = min(_LEAVES_AT_ONCE, self._plan.count - first)
            size = count * tree.LEAF_BYTES
            with explained(self._leaves_path):
                block = os.pread(self._leaves, size, first * tree.LEAF_BYTES).ljust(size, b"\0")
            for place in range(0, size, tree.LEAF_BYTES):
                yield block[place : place + tree.LEAF_BYTES]


def sync_folder(folder: Path) -> None:
    """Make safe which names are in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    handle = os.open(path, _OPEN, MODE)
    os.fchmod(handle, MODE)  # whatever the umask says
    return handle


def _write_all(handle: int, data: bytes, offset: int) -> None:
    done = 0
    while done < len(data):
        done += os.pwrite(handle, memoryview(data)[done:], offset + done)


def _neighbours(leaves: Leaves) -> Iterator[tuple[int, bytes]]:
    """Yield the hashes of chunks that lie side by side as one piece."""
    first, piece = 0, b""
    for index in sorted(leaves):
        if piece and index == first + len(piece) // tree.LEAF_BYTES:
            piece += leaves[index]
            continue
        if piece:
            yield first, piece
        first, piece = index, leaves[index]
    if piece:
        yield first, piece
