"""What an agent and its relay say to each other, as binary MessagePack over a WebSocket."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol import limits
from agentmesh.protocol.bounded import Key32, Milliseconds, Status, Url, Word
from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.signed import Document, Signed

MessageType = Literal["knock", "accept", "reject", "message", "receipt", "bulk"]
Sealed = Annotated[bytes, msgspec.Meta(max_length=limits.MAX_FRAME)]
RetrySeconds = Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_RETRY_SECONDS)]
Outcome = Literal["forwarded", "queued", "refused"]
ErrorCode = Literal[
    "INVALID_SIGNATURE",
    "TIMESTAMP_EXPIRED",
    "AMID_MISMATCH",
    "PROTOCOL_MISMATCH",
    "UNAUTHORIZED",
    "UNKNOWN_RECIPIENT",
    "MAILBOX_FULL",
    "RATE_LIMITED",
    "MESSAGE_TOO_LARGE",
    "INVALID_MESSAGE",
    "INTERNAL_ERROR",
    "DISPLACED",
    "SHUTTING_DOWN",
]


class RelayFrame(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    gc=False,
):
    """One unit between an agent and its relay."""


class Challenge(RelayFrame, frozen=True, kw_only=True, tag="challenge"):
    """The relay's first word: sign this, if `relay` is whom you dialled."""

    nonce: Key32
    relay: str
    time: Milliseconds
    protocols: tuple[str, ...]


class ConnectClaim(Document, frozen=True, kw_only=True):
    """What an agent signs to connect."""

    protocol: Word
    amid: Amid
    relay: Annotated[str, msgspec.Meta(max_length=300)]
    nonce: Key32
    timestamp: Milliseconds
    p2p_capable: bool = False


class Connect(RelayFrame, frozen=True, kw_only=True, tag="connect"):
    """The agent's answer: `Signed(ConnectClaim)`; the signer is its `public_key`."""

    signed: Signed


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What this relay allows one agent."""

    max_frame_bytes: int
    messages_per_minute: int
    knocks_per_minute: int
    receipts_per_minute: int
    bulk_bytes_per_minute: int
    mailbox_messages: int
    mailbox_seconds: int


class Connected(RelayFrame, frozen=True, kw_only=True, tag="connected"):
    """You are in."""

    session_id: str
    pending_messages: int
    limits: Limits
    keepalive_seconds: int


class Send(RelayFrame, frozen=True, kw_only=True, tag="send"):
    """Carry this to that agent. The relay is idempotent on (from, to, id)."""

    id: Annotated[FrameId, msgspec.Meta(max_length=limits.MAX_ID_LETTERS)]
    to: Annotated[Amid, msgspec.Meta(max_length=limits.MAX_AMID_LETTERS)]
    message_type: MessageType
    encrypted_payload: Sealed
    expires_in: Annotated[int, msgspec.Meta(ge=0, le=limits.MAILBOX_SECONDS)] | None = None
    want_acked: bool = False


class Sent(RelayFrame, frozen=True, kw_only=True, tag="sent"):
    """What became of it. `queued` is said only after fsync."""

    id: FrameId
    outcome: Outcome
    code: ErrorCode | None = None
    retry_after_seconds: RetrySeconds | None = None


class Receive(RelayFrame, frozen=True, kw_only=True, tag="receive"):
    """Something for you. `delivery` is the relay's own number: senders' ids may collide."""

    delivery: int
    id: FrameId
    sender: Amid = msgspec.field(name="from")
    message_type: MessageType
    encrypted_payload: Sealed
    timestamp: Milliseconds
    attempt: int = 1


class Ack(RelayFrame, frozen=True, kw_only=True, tag="ack"):
    """I have kept these: forget them."""

    deliveries: Annotated[tuple[int, ...], msgspec.Meta(max_length=1000)]


class Acked(RelayFrame, frozen=True, kw_only=True, tag="acked"):
    """The addressee has kept these."""

    ids: tuple[FrameId, ...]


class Presence(RelayFrame, frozen=True, kw_only=True, tag="presence"):
    """How I am, and who may know. `shown_at`: the registry that shows it to everybody."""

    status: Status
    visible_to: Annotated[tuple[Amid, ...], msgspec.Meta(max_length=limits.VISIBLE_TO)] | None = (
        None
    )
    shown_at: Url = ""


class PresenceQuery(RelayFrame, frozen=True, kw_only=True, tag="presence_query"):
    """Ask how another agent is."""

    amid: Amid


class PresenceResponse(RelayFrame, frozen=True, kw_only=True, tag="presence_response"):
    """As far as you may know."""

    amid: Amid
    status: Status
    last_seen: Milliseconds | None = None


class Failure(RelayFrame, frozen=True, kw_only=True, tag="error"):
    """Something was wrong."""

    code: ErrorCode
    message: str
    retry_after_seconds: RetrySeconds | None = None


class Disconnect(RelayFrame, frozen=True, kw_only=True, tag="disconnect"):
    """Good-bye, and why."""

    reason: Word


FromAgent = Connect | Send | Ack | Presence | PresenceQuery | Disconnect
FromRelay = Challenge | Connected | Sent | Receive | Acked | PresenceResponse | Failure | Disconnect

_encoder = msgspec.msgpack.Encoder()
_from_agent: msgspec.msgpack.Decoder[FromAgent] = msgspec.msgpack.Decoder(FromAgent)
_from_relay: msgspec.msgpack.Decoder[FromRelay] = msgspec.msgpack.Decoder(FromRelay)


encode: Callable[[FromAgent | FromRelay], bytes] = _encoder.encode
"""Returns a frame's bytes."""


def decode_from_agent(data: bytes) -> FromAgent:
    """Return what an agent said, or blame it."""
    if len(data) > limits.MAX_RELAY_FRAME:
        raise RemoteProtocolError("MESSAGE_TOO_LARGE")
    try:
        return _from_agent.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError("INVALID_MESSAGE") from None


def decode_all_from_agent(data: Sequence[bytes]) -> list[FromAgent]:
    """Return what an agent said in frames whose size was looked at, or blame it."""
    try:
        return list(map(_from_agent.decode, data))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError("INVALID_MESSAGE") from None


def decode_from_relay(data: bytes) -> FromRelay:
    """Return what a relay said, or blame it."""
    if len(data) > limits.MAX_RELAY_FRAME:
        raise RemoteProtocolError("relay_frame_too_large")
    try:
        return _from_relay.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError("relay_frame_malformed") from None
