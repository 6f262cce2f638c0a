"""The records of a transcript: sealed one by one, each tied to the one before.

    agentmesh-transcript 1, line end, and records
    record: length (4 bytes) | the same with every bit turned | seal of a run of entries
    run: a list of them (MessagePack); up to 0.3.0 it was one entry, and no list

A seal is bound to the number of its first entry and to the seal before it: what is moved, dropped,
changed or put in from another file does not open. The length is there twice, so that a damaged one
is not taken for a record that a crash cut short. Entries are counted, records are not: how what was
written together is cut into runs shows to nobody who reads.
"""

import hashlib
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Literal

import msgspec

from agentmesh.crypto.aead import OVERHEAD, open_box, seal_box
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.protocol.world import Entropy

MAGIC = b"agentmesh-transcript 1\n"
MAX_ENTRY = 1 << 20
RUN_BYTES = 16 * 1024
"""About so much is sealed as one. What a crash cuts short is lost as one, and opened as one."""
_ENTRY_BYTES = 150
"""What an entry takes beside its body, about."""
_HEAD = struct.Struct(">II")
_TURNED = 0xFFFFFFFF
_encode = msgspec.msgpack.Encoder().encode


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was said, or that happened to the session."""

    at: float
    kind: Literal["received", "sent", "opened", "closed", "note"]
    peer: Amid
    message_id: MessageId | None = None
    type: str = ""
    body: bytes = b""


_Run = Annotated[tuple[Entry, ...], msgspec.Meta(min_length=1)]
_decode: Callable[[bytes], Entry | _Run] = msgspec.msgpack.Decoder(Entry | _Run).decode


class Place(msgspec.Struct, frozen=True):
    """Where the next entry stands: its number, its record, and how many are before it in there."""

    end: int = len(MAGIC)
    number: int = 1
    before: bytes = b""
    inside: int = 0

    @property
    def bound_to(self) -> bytes:
        """What the seal of the record here is bound to."""
        first = self.number - self.inside
        return MAGIC + first.to_bytes(8, "big") + self.before

    def next(self) -> "Place":
        """Return the place of the next entry in the same record."""
        return Place(self.end, self.number + 1, self.before, self.inside + 1)

    def behind(self, seal: bytes, count: int) -> "Place":
        """Return the place behind the record here, which has so many entries."""
        end = self.end + _HEAD.size + len(seal)
        return Place(end, self.number - self.inside + count, hashlib.sha256(seal).digest())


BEGINNING = Place()


def write(
    key: Secret, place: Place, entries: Sequence[Entry], entropy: Entropy
) -> tuple[bytes, Place]:
    """Return the records for some entries, and the place behind them."""
    pieces: list[bytes] = []
    for run in _runs(entries):
        plain = _encode(run)
        if len(plain) > MAX_ENTRY:
            raise UsageError("entry_too_large", f"An entry has at most {MAX_ENTRY} bytes.")
        seal = seal_box(key, plain, place.bound_to, entropy)
        pieces += (_HEAD.pack(len(seal), len(seal) ^ _TURNED), seal)
        place = place.behind(seal, len(run))
    return b"".join(pieces), place


def _runs(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Yield the entries, as many together as are sealed together."""
    start = size = 0
    for number, entry in enumerate(entries):
        more = _ENTRY_BYTES + len(entry.body)
        if size and size + more > RUN_BYTES:
            yield entries[start:number]
            start, size = number, 0
        size += more
    if entries:
        yield entries[start:]


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """What can be read of a transcript, and whether that is all of it."""

    session_id: SessionId
    entries: tuple[Entry, ...]
    damaged_at: int | None = None
    """The number of the first entry that does not open; it and what follows are not shown."""
    is_torn: bool = False
    """The last record is cut short, as a crash does, or being written just now."""

    @property
    def is_closed(self) -> bool:
        """Whether it ends as a closed session's does."""
        return bool(self.entries) and self.entries[-1].kind == "closed"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a transcript, and where the next one begins."""

    entries: tuple[Entry, ...]
    next: Place
    is_last: bool
    is_damaged: bool


class Reader:
    """Opens record after record of a file's bytes, and knows where and why it stopped."""

    def __init__(self, key: Secret, data: bytes, place: Place = BEGINNING) -> None:
        self._key = key
        self._data = data
        self.place = place
        self.is_damaged = not data.startswith(MAGIC)
        self.is_torn = False

    def __iter__(self) -> Iterator[Entry]:
        while self.place.end < len(self._data) and not self.is_damaged:
            start = self.place.end + _HEAD.size
            if start > len(self._data):
                self.is_torn = True
                return
            length, turned = _HEAD.unpack_from(self._data, self.place.end)
            seal = self._data[start : start + length]
            if length != turned ^ _TURNED or length > MAX_ENTRY + OVERHEAD:
                self.is_damaged = True
            elif len(seal) < length:
                self.is_torn = True
                return
            else:
                yield from self._opened(seal)

    def _opened(self, seal: bytes) -> Iterator[Entry]:
        place = self.place
        try:
            found = _decode(open_box(self._key, seal, place.bound_to))
        except (CryptoError, msgspec.MsgspecError):
            self.is_damaged = True
            return
        run = (found,) if isinstance(found, Entry) else found
        if place.inside >= len(run):
            self.is_damaged = True  # this is no place that a reader had
            return
        for entry in run[place.inside : -1]:
            self.place = self.place.next()
            yield entry
        self.place = place.behind(seal, len(run))
        yield run[-1]
