"""Who vouches for a document. Bytes are signed, not objects; nothing is parsed before it verified.

The signature (Ed25519, RFC 8032) is over `agentmesh/1 <purpose>`, a zero byte, and then the payload
exactly as it travels. A signature made for one purpose is worthless for another.
"""

from enum import StrEnum
from typing import TypeVar

import msgspec
from nacl.exceptions import CryptoError as SodiumError
from nacl.signing import SigningKey, VerifyKey

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.protocol.ids import Amid, amid_of
from agentmesh.protocol.limits import MAX_SIGNED

KEY_BYTES = 32
SIGNATURE_BYTES = 64


class Purpose(StrEnum):
    """What a signature is for. The list in docs/protocol.md is made from this one."""

    CONNECT = "connect"
    REGISTRY = "registry"
    RECORD = "record"
    REVOCATION = "revocation"
    SUCCESSION = "succession"
    ORGANIZATION = "organization"
    TREE_HEAD = "tree-head"
    EXCHANGE_KEY = "exchange-key"
    SIGNED_PREKEY = "signed-prekey"
    KEM_PREKEY = "kem-prekey"
    SUITES = "suites"
    KNOCK = "knock"
    ACCEPT = "accept"
    REJECT = "reject"
    SESSION_LOST = "session-lost"
    PARCEL = "parcel"
    SESSION_RECEIPT = "session-receipt"
    SESSION_OUTCOME = "session-outcome"
    INTRODUCTION = "introduction"
    SCHEMA = "schema"
    AUDIT_EXPORT = "audit-export"
    JOIN_ASK = "join-ask"
    JOIN_ANSWER = "join-answer"
    JOIN_PROOF = "join-proof"
    JOIN_END = "join-end"


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that is signed. Subclasses say what."""


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document as it travels: its bytes, its signer's public key, the signature."""

    payload: bytes
    signer: bytes
    signature: bytes

    @property
    def amid(self) -> Amid:
        """The AMID that follows from the signer's key."""
        return amid_of(self.signer)


D = TypeVar("D", bound=Document)


def signing_bytes(purpose: Purpose, payload: bytes) -> bytes:
    """Return the bytes a signature covers."""
    return b"agentmesh/1 " + purpose.encode() + b"\0" + payload


def sign(document: Document, purpose: Purpose, key: SigningKey) -> Signed:
    """Return the document, signed."""
    payload = msgspec.msgpack.encode(document)
    signature = key.sign(signing_bytes(purpose, payload)).signature
    return Signed(payload, bytes(key.verify_key), signature)


def read(signed: Signed, kind: type[D], purpose: Purpose) -> D:
    """Return the document. Nothing is parsed before it has verified."""
    if len(signed.payload) > MAX_SIGNED:
        raise CryptoError("signature_invalid")
    if len(signed.signer) != KEY_BYTES or len(signed.signature) != SIGNATURE_BYTES:
        raise CryptoError("signature_invalid")
    try:
        VerifyKey(signed.signer).verify(signing_bytes(purpose, signed.payload), signed.signature)
    except (SodiumError, ValueError, TypeError):
        raise CryptoError("signature_invalid") from None
    return reread(signed, kind)


def reread(signed: Signed, kind: type[D]) -> D:
    """Return a document that is ours, or verified before we kept it."""
    try:
        return msgspec.msgpack.decode(signed.payload, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError("document_malformed") from None
