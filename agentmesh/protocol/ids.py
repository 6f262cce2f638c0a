"""Names of things: AMIDs, which follow from a key, and UUIDv7 ids, which are drawn."""

import hashlib
import uuid
from functools import lru_cache
from typing import NewType

from agentmesh.errors import UsageError
from agentmesh.protocol import base58
from agentmesh.protocol.limits import MAX_AMID_LETTERS
from agentmesh.protocol.world import Entropy

Amid = NewType("Amid", str)
MessageId = NewType("MessageId", str)
SessionId = NewType("SessionId", str)
"""A session is named by the id of the KNOCK that began it."""
FrameId = NewType("FrameId", str)
FileId = NewType("FileId", str)

_AMID_BYTES = 20
_VARIANTS = {letter: "89ab"[int(letter, 16) & 0x3] for letter in "0123456789abcdef"}
DID_PREFIX = "did:agentmesh:"


@lru_cache(1000)  # every signature names its signer by key
def amid_of(signing_key: bytes) -> Amid:
    """Return the AMID of an Ed25519 public key."""
    return Amid(base58.encode(hashlib.sha256(signing_key).digest()[:_AMID_BYTES]))


def parse_amid(text: str) -> Amid:
    """Return `text` as an AMID (a DID is read as well), or say what is wrong with it."""
    bare = text.removeprefix(DID_PREFIX)
    if len(bare) > MAX_AMID_LETTERS or not _is_amid(bare):
        raise UsageError(
            "invalid_amid",
            f"{text[:60]!r} is not an AMID.",
            "An AMID is 20 bytes in base58, e.g. 2wVn8rYyzQ3X...; `agentmesh status` shows yours.",
        )
    return Amid(bare)


@lru_cache(1000)  # the same few come with every call
def _is_amid(text: str) -> bool:
    try:
        return len(base58.decode(text)) == _AMID_BYTES
    except ValueError:
        return False


def did_of(amid: Amid) -> str:
    """Return the DID of an agent."""
    return DID_PREFIX + amid


def uuid7(now: float, entropy: Entropy) -> str:
    """Return a fresh UUIDv7 (RFC 9562, section 5.7): later ones sort later."""
    random = entropy(10).hex()
    return f"{id_time(now)}-7{random[1:4]}-{_VARIANTS[random[4]]}{random[5:8]}-{random[8:]}"


@lru_cache(1)  # messages that are said together are of one time
def id_time(now: float) -> str:
    """Return how ids begin that are made at this time; all that were made before sort before it."""
    time = f"{int(now * 1000) & ((1 << 48) - 1):012x}"
    return f"{time[:8]}-{time[8:]}"


def parse_id(text: str) -> str:
    """Return `text` if it is a UUID in its usual form, else raise `ValueError`."""
    if str(uuid.UUID(text)) != text:
        raise ValueError("not a lower-case UUID")
    return text


def is_id(text: str) -> bool:
    """Whether `text` is a UUID in its usual form."""
    try:
        return parse_id(text) == text
    except ValueError:
        return False
