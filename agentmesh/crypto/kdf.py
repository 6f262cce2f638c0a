"""HKDF-SHA256 (RFC 5869), and the one table of what is ever derived. One label, one use."""

from enum import Enum

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agentmesh.crypto.secret import Secret
from agentmesh.errors import UsageError

KEY_BYTES = 32
_PREFIX = b"agentmesh/1 "
_SHA256 = SHA256()


class Label(bytes, Enum):
    """Everything that is derived. docs/protocol.md lists these."""

    PQXDH = b"pqxdh-dr.v1 root"
    SEAL_TO_PREKEYS = b"seal to prekeys"
    SEAL_TO_REPLY_KEY = b"seal to reply key"
    RATCHET_START = b"ratchet start"
    RATCHET_ROOT = b"ratchet root"
    MESSAGE = b"message"
    PQ_START = b"pq epoch 0"
    PQ_STEP = b"pq epoch"
    HEADER_OF_INITIATOR = b"header initiator"
    HEADER_OF_RESPONDER = b"header responder"
    RECEIPT_OF_INITIATOR = b"receipt initiator"
    RECEIPT_OF_RESPONDER = b"receipt responder"
    X3DH_ONLY = b"x3dh-only.v1 root"
    OLM = b"olm.v1 root"
    OLM_SESSION = b"olm.v1 session"
    FRAMES_OF_INITIATOR = b"frames initiator"
    FRAMES_OF_RESPONDER = b"frames responder"
    FRAME = b"frame"
    FILE_CHUNKS = b"file chunks"
    FILE_ACKS = b"file acks"
    INVITE_JOINER = b"invite joiner"
    INVITE_INVITER = b"invite inviter"
    VAULT = b"vault"
    VAULT_WRAP = b"vault wrap"
    IDENTITY_KEYS = b"identity keys"
    TRANSCRIPTS = b"transcripts"
    TRANSCRIPT = b"transcript"
    AUDIT = b"audit"
    BACKUP = b"backup"


def derive(
    key: Secret, label: bytes, *, salt: bytes = b"", context: bytes = b"", length: int = KEY_BYTES
) -> Secret:
    """Return `length` bytes for one use. The info is `agentmesh/1 <label>`, a zero, the context."""
    try:
        info = _PREFIX + Label(label) + b"\0" + context
    except ValueError:
        raise UsageError("label_unknown", "Add the label to the table in crypto/kdf.py.") from None
    return Secret(HKDF(_SHA256, length, salt, info).derive(key.reveal()))


def join(*parts: bytes) -> bytes:
    """Return the parts, each after its length in four bytes: no two lists of parts read alike."""
    return b"".join([len(part).to_bytes(4, "big") + part for part in parts])
