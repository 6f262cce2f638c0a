"""Sealing of what is stored: each box is bound to its place, so that rows cannot be swapped."""

from typing import Protocol

import msgspec

_encode = msgspec.msgpack.Encoder().encode


class Sealer(Protocol):
    """Seals bytes to a place; `crypto.vault` does."""

    def seal(self, place: bytes, data: bytes) -> bytes:
        """Return `data` sealed, to be opened at the same place only."""

    def open(self, place: bytes, box: bytes) -> bytes:
        """Return what was sealed at this place, or raise `CryptoError`."""


def place_of(table: str, row: tuple[object, ...], column: str) -> bytes:
    """Return the place of one field; `row` is what tells the row from others."""
    return _encode((table, row, column))
