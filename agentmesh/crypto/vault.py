"""Sealing what is stored on disk, each value to its place, and the vault's key under a passphrase.

A sealed value is a version byte and an XChaCha20-Poly1305 box whose associated data name the place:
a value that was moved or swapped does not open.
"""

import struct

from nacl import pwhash
from nacl.exceptions import CryptoError as SodiumError

from agentmesh.crypto.aead import OVERHEAD, open_box, seal_box
from agentmesh.crypto.kdf import KEY_BYTES, Label, derive, join
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, IntegrityError, UsageError
from agentmesh.protocol.world import Entropy

_VERSION = b"\x01"
_BOUND_TO = join(b"agentmesh/1 vault", _VERSION)
_SALT_BYTES = pwhash.argon2id.SALTBYTES
_COST = struct.Struct(">II")
_WRAPPED_HEAD = 1 + _COST.size + _SALT_BYTES
_WRAPPED_BYTES = _WRAPPED_HEAD + OVERHEAD + KEY_BYTES

# What a damaged or planted blob may make us spend.
_MAX_OPERATIONS = 20
_MAX_KIBIBYTES = 1024 * 1024


class Cost(tuple[int, int]):
    """Argon2id's operations and KiB of memory; noted in the blob, so it may grow later."""

    __slots__ = ()


MODERATE = Cost((pwhash.argon2id.OPSLIMIT_MODERATE, pwhash.argon2id.MEMLIMIT_MODERATE // 1024))


class Vault:
    """Seals stored values under one key."""

    __slots__ = ("_entropy", "_key")

    def __init__(self, key: Secret, entropy: Entropy) -> None:
        self._key = derive(key, Label.VAULT)
        self._entropy = entropy

    def seal(self, place: bytes, data: bytes) -> bytes:
        """Return `data`, to be opened at this place only."""
        return _VERSION + seal_box(self._key, data, _bound_to(place), self._entropy)

    def open(self, place: bytes, box: bytes) -> bytes:
        """Return the data, or raise `CryptoError` (`value_damaged`)."""
        _check_version(box)
        try:
            return open_box(self._key, box[1:], _bound_to(place))
        except CryptoError:
            raise CryptoError("value_damaged", "A stored value is damaged.") from None


def wrap_key(key: Secret, passphrase: Secret, entropy: Entropy, cost: Cost = MODERATE) -> bytes:
    """Return the key as a blob that the passphrase opens."""
    if len(key.reveal()) != KEY_BYTES:
        raise UsageError("key_size", f"A vault's key has {KEY_BYTES} bytes.")
    head = _VERSION + _COST.pack(*cost) + entropy(_SALT_BYTES)
    return head + seal_box(_stretch(passphrase, head), key.reveal(), head, entropy)


def unwrap_key(blob: bytes, passphrase: Secret) -> Secret:
    """Return the vault's key, or raise `IntegrityError` (`key_damaged`, `passphrase_wrong`)."""
    _check_version(blob)
    if len(blob) != _WRAPPED_BYTES:
        raise IntegrityError("key_damaged", "The wrapped key is damaged.")
    head = blob[:_WRAPPED_HEAD]
    try:
        return Secret(open_box(_stretch(passphrase, head), blob[_WRAPPED_HEAD:], head))
    except CryptoError:
        raise CryptoError(
            "passphrase_wrong", "The passphrase does not fit, or the wrapped key is damaged."
        ) from None


def _bound_to(place: bytes) -> bytes:
    return _BOUND_TO + join(place)


def _check_version(data: bytes) -> None:
    if data[:1] != _VERSION:
        raise IntegrityError("version_unknown", "A newer version wrote this, or it is damaged.")


def _stretch(passphrase: Secret, head: bytes) -> Secret:
    cost = Cost(_COST.unpack_from(head, 1))
    return stretch(passphrase, head[-_SALT_BYTES:], cost, Label.VAULT_WRAP)


def stretch(passphrase: Secret, salt: bytes, cost: Cost, label: Label) -> Secret:
    """Return a key that follows from a passphrase, for one use; a planted cost is refused."""
    operations, kibibytes = cost
    if operations > _MAX_OPERATIONS or kibibytes > _MAX_KIBIBYTES:
        raise IntegrityError("key_damaged", "The wrapped key asks for too much work.")
    try:
        stretched = pwhash.argon2id.kdf(
            KEY_BYTES, passphrase.reveal(), salt, operations, kibibytes * 1024
        )
    except (SodiumError, ValueError):
        raise IntegrityError("key_damaged", "The wrapped key's cost cannot be met.") from None
    return derive(Secret(stretched), label)
