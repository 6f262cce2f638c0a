"""What is in a backup: keys, database, policy, settings, audit log, transcripts. No files of peers.

The stream is a list of items: length (4 bytes) | MessagePack of an `Item` | its bytes. The first is
the `Manifest`, with the keys; the last one has no name.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, Protocol

import msgspec

from agentmesh import __version__
from agentmesh.errors import UsageError
from agentmesh.protocol.ids import Amid
from agentmesh.storage.copying import copied
from agentmesh.storage.failures import explain_os
from agentmesh.storage.key_sealing import SavedKeys

MANIFEST = "manifest"
DATABASE = "agentmesh.db"
MAX_MANIFEST = 4096
_PATTERNS = ("config.json", "policy.json*", "policy.history/*", "logs/audit-*", "transcripts/*")
_CHUNK = 1 << 20
ALLOWED = re.compile(
    r"agentmesh\.db|config\.json|policy\.json(\.[a-z-]{1,20})?"
    r"|policy\.history/[A-Za-z0-9][A-Za-z0-9.-]{0,80}"
    r"|logs/audit-[a-z0-9.-]{1,60}\.json(l(\.torn)?)?|transcripts/[0-9a-f-]{36}"
)


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose backup it is, of when, and the keys."""

    format: Literal[1] = 1
    version: str = __version__
    amid: Amid
    made_at: float
    keys: SavedKeys


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes next."""

    name: Annotated[str, msgspec.Meta(max_length=200)]
    size: Annotated[int, msgspec.Meta(ge=0, le=2**50)]


class Stream(Protocol):
    """Where items are written."""

    def write(self, data: bytes) -> object:
        """Add bytes."""


def write_home(home: Path, manifest: Manifest, stream: Stream) -> int:
    """Write everything in a home that a backup holds; return how many files that were."""
    told = msgspec.msgpack.encode(manifest)
    _write_item(stream, Item(name=MANIFEST, size=len(told)))
    stream.write(told)
    count = 0
    if (home / DATABASE).exists():  # else the daemon never ran
        with copied(home / DATABASE, home / "run") as copy:
            count += _write_file(stream, DATABASE, copy)
    for name in _names(home):
        count += _write_file(stream, name, home / name)
    _write_item(stream, Item(name="", size=0))
    return count


def _write_item(stream: Stream, item: Item) -> None:
    head = msgspec.msgpack.encode(item)
    stream.write(len(head).to_bytes(4, "big") + head)


def _write_file(stream: Stream, name: str, path: Path) -> int:
    """Write a file as long as it is now; what is added meanwhile is not in this backup."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            left = os.fstat(file.fileno()).st_size
            _write_item(stream, Item(name=name, size=left))
            for chunk in _chunks(file, left):
                stream.write(chunk)
    except FileNotFoundError:
        return 0  # erased just now
    except OSError as error:
        raise explain_os(error, path) from error
    return 1


def _chunks(file: BinaryIO, left: int) -> Iterator[bytes]:
    while left:
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            raise UsageError("file_changed", "A file became shorter meanwhile.", "Try again.")
        left -= len(chunk)
        yield chunk


def _names(home: Path) -> list[str]:
    found = {path for pattern in _PATTERNS for path in home.glob(pattern) if path.is_file()}
    names = (str(path.relative_to(home)) for path in found if not path.is_symlink())
    return sorted(name for name in names if ALLOWED.fullmatch(name))
