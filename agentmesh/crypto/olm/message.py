"""What an Olm message must look like before a library sees it.

https://gitlab.matrix.org/matrix-org/olm/-/blob/master/docs/olm.md, "Messages": a version byte, then
tagged fields, then a MAC of eight bytes. One spelling is taken, the one that both libraries write.
python-olm takes points of low order for keys, and repeated or unknown fields: we do not.
"""

import msgspec

from agentmesh.crypto import x25519
from agentmesh.errors import CryptoError

_VERSION = 3
_MAC_BYTES = 8
_BLOCK_BYTES = 16
_MAX_VARINT_BYTES = 5


class PreKeyMessage(msgspec.Struct, frozen=True):
    """The first message of an Olm session, with the keys it was made from."""

    one_time: bytes
    base: bytes
    identity: bytes


def check_normal(message: bytes) -> None:
    """Raise `CryptoError` (`olm_malformed`, `point_invalid`) unless this is an ordinary message."""
    if len(message) < _MAC_BYTES:
        raise CryptoError("olm_malformed")
    fields = _Fields(message[:-_MAC_BYTES])
    ratchet_key = fields.key(0x0A)
    fields.number(0x10)
    ciphertext = fields.text(0x22)
    fields.end()
    if not ciphertext or len(ciphertext) % _BLOCK_BYTES:
        raise CryptoError("olm_malformed")
    x25519.check(ratchet_key)


def read_pre_key(message: bytes) -> PreKeyMessage:
    """Return the keys of a first message, each a good one."""
    fields = _Fields(message)
    one_time, base, identity = fields.key(0x0A), fields.key(0x12), fields.key(0x1A)
    check_normal(fields.text(0x22))
    fields.end()
    for key in (one_time, base, identity):
        x25519.check(key)
    return PreKeyMessage(one_time, base, identity)


class _Fields:
    """A reader of tagged fields that takes each in its place, once, in its shortest form."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._tag(_VERSION)

    def key(self, tag: int) -> bytes:
        key = self.text(tag)
        if len(key) != x25519.KEY_BYTES:
            raise CryptoError("olm_malformed")
        return key

    def text(self, tag: int) -> bytes:
        length = self.number(tag)
        start, self._at = self._at, self._at + length
        if self._at > len(self._data):
            raise CryptoError("olm_malformed")
        return self._data[start : self._at]

    def number(self, tag: int) -> int:
        self._tag(tag)
        start, value = self._at, 0
        for place, byte in enumerate(self._data[start : start + _MAX_VARINT_BYTES]):
            value |= (byte & 0x7F) << 7 * place
            if not byte & 0x80:
                if place and not byte:
                    break  # a longer spelling of a shorter number
                self._at = start + place + 1
                return value
        raise CryptoError("olm_malformed")

    def end(self) -> None:
        if self._at != len(self._data):
            raise CryptoError("olm_malformed")

    def _tag(self, tag: int) -> None:
        if self._data[self._at : self._at + 1] != bytes([tag]):
            raise CryptoError("olm_malformed")
        self._at += 1
