"""A registry's log: what its entries say, what its signed heads say, and what proves a lookup.

An entry is kept and hashed as the bytes that the registry made of it; nobody encodes it again. It
holds hashes alone: who knows an AMID finds its entries, and nobody learns an AMID from them.
"""

import hashlib
from typing import Annotated

import msgspec

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.protocol.bounded import Milliseconds, Word
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import LOG_ENTRY_BYTES
from agentmesh.protocol.merkle import HASH_BYTES, MAX_PROOF, Stand
from agentmesh.protocol.signed import Document, Purpose, Signed, read

RECORD, REVOCATION = "record", "revocation"
CERTIFICATE, CERTIFICATE_REVOKED = "certificate", "certificate_revoked"
"""The kinds of entries that are written today. A reader takes others as they are."""

Hash = Annotated[bytes, msgspec.Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
Size = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Hashes = Annotated[tuple[Hash, ...], msgspec.Meta(max_length=MAX_PROOF)]
EntryBytes = Annotated[bytes, msgspec.Meta(max_length=LOG_ENTRY_BYTES)]

_SUBJECT = b"agentmesh/1 log-subject\0"


class LogEntry(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One change. `document` is the SHA-256 of the MessagePack of the `Signed` that made it.

    For certificates it is the SHA-256 of the certificate; an organisation's subject is its domain.

    `previous` is the number of the entry before about the same subject, nil for its first one.
    """

    kind: Word
    subject: Hash
    document: Hash
    previous: Size | None
    timestamp: Milliseconds


class TreeHead(Document, frozen=True, kw_only=True):
    """How a log stands: both its trees, of all entries and of the revocations among them."""

    size: Size
    root: Hash
    revocations: Size
    revocations_root: Hash
    timestamp: Milliseconds

    @property
    def entries_stand(self) -> Stand:
        """How the tree of all entries stands."""
        return Stand(self.size, self.root)

    @property
    def revocations_stand(self) -> Stand:
        """How the tree of revocations stands."""
        return Stand(self.revocations, self.revocations_root)


class LogProof(msgspec.Struct, frozen=True, kw_only=True):
    """What rides in a lookup's answer.

    That `entry` is number `index` under `head`, and that the tree which the asker knows is the
    beginning of it.
    """

    head: Signed
    index: Size
    entry: EntryBytes
    path: Hashes
    consistency: Hashes = ()


class LogHead(msgspec.Struct, frozen=True, kw_only=True):
    """What GET /log/head answers: `peaks` are the hashes of the head's perfect subtrees."""

    head: Signed
    peaks: Hashes
    consistency: Hashes = ()


class LogPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some entries, from `start` on."""

    start: Size
    entries: tuple[EntryBytes, ...]


def subject_of(amid: Amid | str) -> bytes:
    """Return under which name an agent, or a domain, is in the log."""
    return hashlib.sha256(_SUBJECT + amid.encode()).digest()


def document_hash(signed: bytes) -> bytes:
    """Return what an entry says of a document, from the bytes in which it travels."""
    return hashlib.sha256(signed).digest()


def read_head(signed: Signed) -> TreeHead:
    """Return a head whose signature is good, or blame the registry. Whose it is, is not looked at.

    An error's code is `log_head_invalid`.
    """
    try:
        return read(signed, TreeHead, Purpose.TREE_HEAD)
    except (CryptoError, RemoteProtocolError):
        raise RemoteProtocolError(
            "log_head_invalid", "The registry's log has a head that nobody signed."
        ) from None


def read_entry(data: bytes) -> LogEntry:
    """Return an entry, or blame the registry (`log_entry_malformed`)."""
    try:
        if len(data) <= LOG_ENTRY_BYTES:
            return msgspec.msgpack.decode(data, type=LogEntry)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        pass
    raise RemoteProtocolError("log_entry_malformed", "The registry's log has an entry of no form.")
