"""A backup's file: a stream under a passphrase, sealed piece by piece.

    agentmesh-backup 1, line end | Argon2id's operations and KiB (4 bytes each) | salt, 16 bytes
    then pieces: length (4 bytes, the top bit set in the last one) | box; the first one is empty

    key = HKDF(Argon2id(passphrase, salt), "backup"); XChaCha20-Poly1305 with a drawn nonce in front
    each box is bound to the header, its number (8 bytes), and whether it is the last (1 byte)

What is changed, moved, left out, added or cut off does not open. The empty piece tells a wrong
passphrase from damage.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from nacl import pwhash

from agentmesh.crypto.aead import OVERHEAD, open_box, seal_box
from agentmesh.crypto.kdf import Label
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import MODERATE, Cost, stretch
from agentmesh.errors import CryptoError, IntegrityError, NotPermitted, UsageError
from agentmesh.protocol.world import Entropy

NAME = b"agentmesh-backup "
MAGIC = NAME + b"1\n"
PIECE = 1 << 20
_COST = struct.Struct(">II")
_LENGTH = struct.Struct(">I")
_SALT = pwhash.argon2id.SALTBYTES
_LAST = 1 << 31


class Writer:
    """Seals what is written. `finish` writes the last piece, without which there is no backup."""

    def __init__(
        self, file: BinaryIO, passphrase: Secret, entropy: Entropy, cost: Cost = MODERATE
    ) -> None:
        self._file = file
        self._entropy = entropy
        self._head = MAGIC + _COST.pack(*cost) + entropy(_SALT)
        self._key = _key(passphrase, self._head)
        self._waiting = bytearray()
        self._number = 0
        file.write(self._head)
        self._seal(b"", is_last=False)

    def write(self, data: bytes) -> None:
        """Add bytes to the stream."""
        self._waiting += data
        while len(self._waiting) > PIECE:
            self._seal(bytes(self._waiting[:PIECE]), is_last=False)
            del self._waiting[:PIECE]

    def finish(self) -> None:
        """End the stream."""
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, data: bytes, *, is_last: bool) -> None:
        bound_to = _bound_to(self._head, self._number, is_last=is_last)
        box = seal_box(self._key, data, bound_to, self._entropy)
        self._file.write(_LENGTH.pack(len(box) | (_LAST if is_last else 0)) + box)
        self._number += 1


class Reader:
    """Reads the stream of a backup's file, or says what is wrong with it."""

    def __init__(self, file: BinaryIO, passphrase: Secret) -> None:
        self._file = file
        self._head = _header(file)
        self._key = _key(passphrase, self._head)
        self._pieces = self._opened()
        self._waiting = bytearray(next(self._pieces))  # a wrong passphrase shows at once

    def read(self, count: int) -> bytes:
        """Return so many bytes of the stream."""
        while len(self._waiting) < count:
            piece = next(self._pieces, None)
            if piece is None:
                raise damaged()
            self._waiting += piece
        data = bytes(self._waiting[:count])
        del self._waiting[:count]
        return data

    def finish(self) -> None:
        """Make sure that the stream ends here."""
        if self._waiting or any(self._pieces):
            raise damaged()

    def _opened(self) -> Iterator[bytes]:
        number, is_last = 0, False
        while not is_last:
            said = self._file.read(_LENGTH.size)
            if len(said) < _LENGTH.size:
                raise damaged()
            (length,) = _LENGTH.unpack(said)
            is_last, length = bool(length & _LAST), length & ~_LAST
            if length > PIECE + OVERHEAD:
                raise damaged()
            box = self._file.read(length)
            if len(box) < length:
                raise damaged()
            bound_to = _bound_to(self._head, number, is_last=is_last)
            try:
                yield open_box(self._key, box, bound_to)
            except CryptoError:
                raise damaged() if number else _closed() from None
            number += 1
        if self._file.read(1):
            raise damaged()


def damaged() -> IntegrityError:
    """Return the error for a backup that is not what was written."""
    return IntegrityError(
        "backup_damaged", "This backup is damaged, or cut short.", "Use another one."
    )


def _header(file: BinaryIO) -> bytes:
    magic = file.read(len(MAGIC))
    if magic != MAGIC:
        if magic.startswith(NAME) and magic[len(NAME) : -1].isdigit() and magic.endswith(b"\n"):
            raise UsageError(
                "backup_newer", "A newer AgentMesh made this backup.", "Update AgentMesh."
            )
        raise IntegrityError("backup_malformed", "This is no backup of AgentMesh.")
    rest = file.read(_COST.size + _SALT)
    if len(rest) < _COST.size + _SALT:
        raise damaged()
    return magic + rest


def _closed() -> NotPermitted:
    return NotPermitted(
        "passphrase_wrong",
        "The passphrase does not open this backup, or its beginning is damaged.",
        "Try again.",
    )


def _key(passphrase: Secret, head: bytes) -> Secret:
    operations, kibibytes = _COST.unpack_from(head, len(MAGIC))
    salt = head[-_SALT:]
    return stretch(passphrase, salt, Cost((operations, kibibytes)), Label.BACKUP)


def _bound_to(head: bytes, number: int, *, is_last: bool) -> bytes:
    return head + number.to_bytes(8, "big") + bytes([is_last])
