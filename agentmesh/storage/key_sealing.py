"""The form of `keys/identity.sealed`: our long-term keys, sealed under one master secret.

    agentmesh-keys 1, line end | sha256 of the rest, 32 bytes | MessagePack of `SealedKeys`

The master secret seals the keys here, and every other key of this home is derived from it. How the
master itself is kept is the file's `Lock`: in the system's keyring, under a passphrase (Argon2id),
or in this very file, which then protects no better than its mode 0600 does.

The checksum is no protection against anybody. It tells a damaged file from a wrong passphrase.
"""

import hashlib
from typing import Annotated, Literal

import msgspec

from agentmesh.crypto.aead import open_box, seal_box
from agentmesh.crypto.kdf import KEY_BYTES, Label, derive
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Cost, unwrap_key, wrap_key
from agentmesh.errors import CryptoError, IntegrityError, NotPermitted
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Entropy

Storage = Literal["keyring", "passphrase", "file"]

MAGIC = b"agentmesh-keys 1\n"
MAX_BYTES = 4096
_SUM_BYTES = 32


class Lock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the master secret is kept. `held` is empty, the sealed master, or the master."""

    storage: Storage
    held: Annotated[bytes, msgspec.Meta(max_length=256)] = b""

    def __repr__(self) -> str:
        return f"Lock({self.storage})"


class SealedKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file says."""

    amid: Amid
    created_at: float
    lock: Lock
    box: Annotated[bytes, msgspec.Meta(max_length=1024)]


class SavedKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Our keys as a backup holds them. The exchange key is made anew, as all prekeys are."""

    seed: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    master: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    created_at: float
    storage: Storage

    def __repr__(self) -> str:
        return "SavedKeys(…)"


class _Inside(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is in the box."""

    seed: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    exchange: Annotated[bytes, msgspec.Meta(max_length=32)]

    def __repr__(self) -> str:
        return "_Inside(…)"


def encode(keys: SealedKeys) -> bytes:
    """Return the file's bytes."""
    body = msgspec.msgpack.encode(keys)
    return MAGIC + hashlib.sha256(body).digest() + body


def decode(data: bytes) -> SealedKeys:
    """Return what the file says, or say that it is damaged."""
    start = len(MAGIC) + _SUM_BYTES
    total, body = data[len(MAGIC) : start], data[start:]
    if not data.startswith(MAGIC) or hashlib.sha256(body).digest() != total:
        raise damaged()
    try:
        return msgspec.msgpack.decode(body, type=SealedKeys)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise damaged() from None


def new_master(entropy: Entropy) -> Secret:
    """Return a new master secret."""
    return Secret(entropy(KEY_BYTES))


def lock_with_passphrase(master: Secret, passphrase: Secret, entropy: Entropy, cost: Cost) -> Lock:
    """Return the lock that opens with this passphrase."""
    return Lock(storage="passphrase", held=wrap_key(master, passphrase, entropy, cost))


def unlock_with_passphrase(lock: Lock, passphrase: Secret) -> Secret:
    """Return the master secret."""
    try:
        return unwrap_key(lock.held, passphrase)
    except CryptoError:
        raise NotPermitted(
            "passphrase_wrong",
            "This passphrase does not open the keys.",
            "Try again; without it only a backup brings the keys back.",
        ) from None


def kept_master(lock: Lock) -> Secret:
    """Return the master secret of a file that holds it itself."""
    if len(lock.held) != KEY_BYTES:
        raise damaged()
    return Secret(lock.held)


def seal_keys(
    master: Secret, amid: Amid, keys: tuple[Secret, Secret | None], entropy: Entropy
) -> bytes:
    """Return the box with the signing seed and, while it is needed, the first exchange key."""
    seed, exchange = keys
    inside = _Inside(seed.reveal(), exchange.reveal() if exchange else b"")
    return seal_box(_box_key(master), msgspec.msgpack.encode(inside), amid.encode(), entropy)


def open_keys(master: Secret, sealed: SealedKeys) -> tuple[Secret, Secret | None]:
    """Return the signing seed and the first exchange key, if it is still here."""
    try:
        plain = open_box(_box_key(master), sealed.box, sealed.amid.encode())
        inside = msgspec.msgpack.decode(plain, type=_Inside)
    except (CryptoError, msgspec.MsgspecError):
        raise damaged() from None
    return Secret(inside.seed), Secret(inside.exchange) if inside.exchange else None


def damaged() -> IntegrityError:
    """Return the error for a file that is not what we wrote."""
    return IntegrityError(
        "key_damaged",
        "The file with the sealed keys is damaged.",
        "Restore it from a backup: agentmesh restore FILE.",
    )


def _box_key(master: Secret) -> Secret:
    return derive(master, Label.IDENTITY_KEYS)
