"""The records of a transcript: sealed one by one, each tied to the one before.

    agentmesh-transcript 1, line end, and records
    record: length (4 bytes) | the same with every bit turned | seal

A seal is bound to its number and to the seal before it: what is moved, dropped, changed or put in
from another file does not open. The length is there twice, so that a damaged one is not taken for a
record that a crash cut short.
"""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from agentmesh.crypto.aead import OVERHEAD, open_box, seal_box
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.protocol.world import Entropy

MAGIC = b"agentmesh-transcript 1\n"
MAX_ENTRY = 1 << 20
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


_decode = msgspec.msgpack.Decoder(Entry).decode


class Place(msgspec.Struct, frozen=True):
    """Where the next record goes."""

    end: int = len(MAGIC)
    number: int = 1
    before: bytes = b""

    def after(self, seal: bytes) -> "Place":
        """Return the place behind a record that lies here."""
        end = self.end + _HEAD.size + len(seal)
        return Place(end, self.number + 1, hashlib.sha256(seal).digest())


BEGINNING = Place()


def _bound_to(number: int, before: bytes) -> bytes:
    """Return what the seal of this number is bound to."""
    return MAGIC + number.to_bytes(8, "big") + before


def write(
    key: Secret, place: Place, entries: Sequence[Entry], entropy: Entropy
) -> tuple[bytes, Place]:
    """Return the records for some entries, and the place behind them."""
    pieces: list[bytes] = []
    number, before = place.number, place.before
    for entry in entries:
        plain = _encode(entry)
        if len(plain) > MAX_ENTRY:
            raise UsageError("entry_too_large", f"An entry has at most {MAX_ENTRY} bytes.")
        seal = seal_box(key, plain, _bound_to(number, before), entropy)
        pieces += (_HEAD.pack(len(seal), len(seal) ^ _TURNED), seal)
        number, before = number + 1, hashlib.sha256(seal).digest()
    records = b"".join(pieces)
    return records, Place(place.end + len(records), number, before)


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """What can be read of a transcript, and whether that is all of it."""

    session_id: SessionId
    entries: tuple[Entry, ...]
    damaged_at: int | None = None
    """The number of the first record that does not open; it and what follows are not shown."""
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
        try:
            plain = open_box(self._key, seal, _bound_to(self.place.number, self.place.before))
            entry = _decode(plain)
        except (CryptoError, msgspec.MsgspecError):
            self.is_damaged = True
            return
        self.place = self.place.after(seal)
        yield entry
