"""What agents put into a relay's `encrypted_payload`, and the documents sealed inside.

Frames are what a relay may see; documents are signed, and travel only inside a seal.
"""

from typing import Annotated, Literal

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol import limits
from agentmesh.protocol.bounded import (
    Count,
    KemCiphertext,
    KemKey,
    Key32,
    Milliseconds,
    Name,
    Note,
    Word,
)
from agentmesh.protocol.ids import Amid, FrameId, SessionId
from agentmesh.protocol.signed import Document, Signed


class Frame(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"
):
    """One unit on the wire, as the relay carries it."""


class SealedToPrekeys(Frame, frozen=True, kw_only=True, tag="sealed_to_prekeys"):
    """A KNOCK (or a SESSION_LOST), readable with the private halves of two prekeys."""

    signed_prekey_id: Count
    kem_prekey_id: Count
    ephemeral: Key32
    kem_ciphertext: KemCiphertext
    box: bytes


class SealedToReplyKey(Frame, frozen=True, kw_only=True, tag="sealed_to_reply_key"):
    """An ACCEPT or REJECT, readable with the reply key that the KNOCK brought."""

    reply_key_id: Word
    ephemeral: Key32
    kem_ciphertext: KemCiphertext
    box: bytes


class StalePrekey(Frame, frozen=True, kw_only=True, tag="stale_prekey"):
    """Your KNOCK cannot be opened any more: fetch the bundle afresh. Only a hint."""

    frame_id: FrameId


class PqHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where the post-quantum ratchet stands, and what it sends along."""

    epoch: Count
    public_key: KemKey | None = None
    ciphertext: KemCiphertext | None = None


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The Double Ratchet's header, our own count of frames, and the post-quantum step."""

    ratchet_key: Key32
    previous_length: Count
    number: Count
    frame: Count
    pq: PqHeader


class MessageFrame(Frame, frozen=True, kw_only=True, tag="message"):
    """A parcel of envelopes, encrypted in a session."""

    session_id: SessionId
    header: Header
    header_mac: Key32
    ciphertext: bytes


class NumberedFrame(Frame, frozen=True, kw_only=True, tag="numbered"):
    """A parcel in a session of a suite that has no header of its own, only a count of frames."""

    session_id: SessionId
    number: Count
    box: bytes


class ReceiptFrame(Frame, frozen=True, kw_only=True, tag="receipt"):
    """A receipt, encrypted under the receipt key of a post-quantum epoch. Always the same size.

    A suite without epochs has only epoch 0.
    """

    session_id: SessionId
    epoch: Count
    box: bytes


SessionFrame = MessageFrame | NumberedFrame
"""What carries a parcel: which one is the suite's to say."""
AnyFrame = SealedToPrekeys | SealedToReplyKey | StalePrekey | SessionFrame | ReceiptFrame


LetterKind = Literal[
    "knock", "accept", "reject", "session_lost", "join_ask", "join_answer", "join_proof", "join_end"
]


class Letter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a seal hides: which document, and the document."""

    kind: LetterKind
    signed: Signed


class Sender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who knocks, in its own words. Only the AMID is believed: the key proves it."""

    amid: Amid
    tier: float = 2
    display_name: Name = ""
    organization: Name = ""


class Intent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the sender wants to talk about."""

    category: Word
    subcategory: Word = ""
    action: Word = ""
    urgency: Literal["low", "normal", "high", "urgent"] = "normal"


SessionType = Literal["request_response", "conversation", "stream"]


class SessionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What kind of session the sender asks for."""

    type: SessionType = "conversation"
    expected_messages: Count = 0
    ttl_seconds: Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_SESSION_SECONDS)] = (
        limits.SESSION_CACHE_SECONDS
    )


class OlmKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The initiator's Olm keys of this one session (`olm.v1`)."""

    identity: Key32
    one_time: Key32


class OlmAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The responder's Olm key of this one session, and its first Olm message (`olm.v1`)."""

    identity: Key32
    message: Annotated[bytes, msgspec.Meta(max_length=limits.MAX_OLM_ANSWER)]


class Handshake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PQXDH's first message: our exchange key, what we drew, and which keys of the peer we used."""

    suite: Word
    exchange_key: Signed
    ephemeral: Key32
    peer_exchange_key_id: Count
    peer_suites_sequence: Milliseconds
    signed_prekey_id: Count
    kem_prekey_id: Count
    one_time_prekey_id: Count | None = None
    kem_ciphertext: KemCiphertext
    olm: OlmKeys | msgspec.UnsetType = msgspec.UNSET


class ReplyKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the answer to a KNOCK is sealed to."""

    id: Word
    x25519: Key32
    ml_kem: KemKey


CertificateChain = Annotated[tuple[bytes, ...], msgspec.Meta(max_length=4)]
"""Who answers for the sender: a certificate of this session, and the chain; or nothing."""
MOST_OPTIMISTIC = limits.MAX_OPTIMISTIC + 512
"""A message that travels with a KNOCK, as an envelope: a KNOCK that waits must not be large."""


class Knock(Document, frozen=True, kw_only=True):
    """Ask for leave to talk."""

    protocol_version: Word
    id: SessionId
    nonce: Key32
    timestamp: Milliseconds
    sender: Sender = msgspec.field(name="from")
    to: Amid
    intent: Intent
    session_request: SessionRequest
    offered_capabilities: Annotated[tuple[Word, ...], msgspec.Meta(max_length=32)]
    suites: Signed
    certificate_chain: CertificateChain = ()
    p2p_capable: bool = False
    handshake: Handshake
    reply_key: ReplyKey
    reputation_score: float | None = None
    note: Note = ""
    optimistic: Annotated[bytes, msgspec.Meta(max_length=MOST_OPTIMISTIC)] | None = None


class Constraints(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the receiver allows in the session."""

    max_message_size_bytes: Count = limits.MAX_PAYLOAD
    max_messages: Count = 0
    ttl_seconds: Count = limits.SESSION_CACHE_SECONDS


class SessionStub(Document, frozen=True, kw_only=True):
    """Half a session receipt: that this session was agreed. Complete when both have signed it."""

    session_id: SessionId
    initiator: Amid
    receiver: Amid
    suite: Word
    started: Milliseconds


class Accept(Document, frozen=True, kw_only=True):
    """You may."""

    knock_id: SessionId
    session_id: SessionId
    suite: Word
    accepted_capabilities: tuple[Word, ...] = ()
    rejected_capabilities: tuple[Word, ...] = ()
    constraints: Constraints
    certificate_chain: CertificateChain = ()
    receipt_stub: Signed
    olm: OlmAnswer | msgspec.UnsetType = msgspec.UNSET
    timestamp: Milliseconds
    sender: Amid = msgspec.field(name="from")
    to: Amid


class Reject(Document, frozen=True, kw_only=True):
    """You may not, and why."""

    knock_id: SessionId
    reason: Word
    human_readable: Note = ""
    retry_after_seconds: Count | None = None
    timestamp: Milliseconds
    sender: Amid = msgspec.field(name="from")
    to: Amid


class SessionLost(Document, frozen=True, kw_only=True):
    """I cannot read this session any more: knock again."""

    session_id: SessionId
    timestamp: Milliseconds
    nonce: Key32
    sender: Amid = msgspec.field(name="from")
    to: Amid


_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyFrame] = msgspec.msgpack.Decoder(AnyFrame)


def encode(frame: AnyFrame) -> bytes:
    """Return a frame's bytes."""
    return _encoder.encode(frame)


def decode(data: bytes) -> AnyFrame:
    """Return the frame in `data`, or blame the peer."""
    if len(data) > limits.MAX_FRAME:
        raise RemoteProtocolError("frame_too_large")
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError("frame_malformed") from None
