"""The session receipt: what proves to anybody, offline, that two agents held a session.

Both sign the same bytes: the stub when the session is agreed, the outcome when it is over. Nobody
can veto by leaving without a word: the stub alone is a receipt, of the weaker kind.
"""

import hashlib
from typing import Annotated, TypeVar

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.bounded import Count, Milliseconds, Word
from agentmesh.protocol.frames import SessionStub
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.signed import Document, Purpose, Signed, read

DRAWER = "receipt"
"""Where a daemon keeps receipts: one card a session, named by the session's id."""
MAX_RECEIPT_BYTES = 8192


class SessionOutcome(Document, frozen=True, kw_only=True):
    """How a session ended, as both saw it.

    The counts are the numbers that the other side took, its opening left out. `transcript` is
    nil where the two did not see the same words.
    """

    session_id: SessionId
    initiator: Amid
    receiver: Amid
    suite: Word
    started: Milliseconds
    outcome: Word
    initiator_messages: Count
    receiver_messages: Count
    transcript: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)] | None = None


class SessionReceipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A receipt as it is kept and handed on: each document as initiator and receiver signed it.

    `outcome` is there once both have signed it.
    """

    stub: tuple[Signed, Signed]
    outcome: tuple[Signed, Signed] | None = None


class Proven(msgspec.Struct, frozen=True):
    """What a receipt proves; without an outcome, that the session was agreed."""

    stub: SessionStub
    outcome: SessionOutcome | None


D = TypeVar("D", SessionStub, SessionOutcome)


def encode(receipt: SessionReceipt) -> bytes:
    """Return a receipt's bytes: a card's body, or a file."""
    return msgspec.msgpack.encode(receipt)


def decode(data: bytes) -> SessionReceipt:
    """Return the receipt in `data`; nothing in it is proven yet."""
    if len(data) > MAX_RECEIPT_BYTES:
        raise RemoteProtocolError("receipt_too_large")
    try:
        return msgspec.msgpack.decode(data, type=SessionReceipt)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError("receipt_malformed") from None


def prove(receipt: SessionReceipt) -> Proven:
    """Return what a receipt proves, or raise `CryptoError` or `RemoteProtocolError`.

    The keys are inside: an AMID follows from its key.
    """
    stub = _agreed(receipt.stub, SessionStub, Purpose.SESSION_RECEIPT)
    if receipt.outcome is None:
        return Proven(stub, None)
    outcome = _agreed(receipt.outcome, SessionOutcome, Purpose.SESSION_OUTCOME)
    if _session(outcome) != _session(stub):
        raise RemoteProtocolError("session_receipt_differs")
    return Proven(stub, outcome)


def fingerprint(initiator_words: bytes, receiver_words: bytes) -> bytes:
    """Return the transcript hash of an outcome, from what each side said."""
    return hashlib.sha256(b"agentmesh/1 words\0" + initiator_words + receiver_words).digest()


def _agreed(copies: tuple[Signed, Signed], kind: type[D], purpose: Purpose) -> D:
    """Return the document that both parties named in it have signed, byte for byte."""
    initiators, receivers = (read(copy, kind, purpose) for copy in copies)
    signers = tuple(copy.amid for copy in copies)
    is_one = copies[0].payload == copies[1].payload and initiators == receivers
    is_held_by_two = initiators.initiator != initiators.receiver
    if not is_one or not is_held_by_two or signers != (initiators.initiator, initiators.receiver):
        raise RemoteProtocolError("session_receipt_differs")
    return initiators


def _session(document: SessionStub | SessionOutcome) -> tuple[str, str, str, str, int]:
    return (
        document.session_id,
        document.initiator,
        document.receiver,
        document.suite,
        document.started,
    )
