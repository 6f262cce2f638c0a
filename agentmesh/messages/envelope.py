"""What travels inside the seal: parcels of envelopes, and receipts.

An envelope is one message. A parcel is all the messages that waited when a frame left: they share
one signature and one ratchet step. A receipt is never signed: its key proves the sender.
"""

from itertools import pairwise
from typing import Annotated

import msgspec

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.protocol import limits
from agentmesh.protocol.bounded import Count, Milliseconds, Word
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.protocol.signed import Document, Purpose, Signed, read

_UUID = r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z"

MAX_RECEIPT = 240
"""Every receipt fits into a box of one size: its length tells nothing."""

Id = Annotated[MessageId, msgspec.Meta(pattern=_UUID)]
Payload = Annotated[bytes, msgspec.Meta(max_length=limits.MAX_PAYLOAD)]


class Context(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a conversation has been carried from agent to agent, for the loop guard."""

    chain_id: Word
    hop: Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Envelope(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One message. `payload` is JSON in UTF-8 (that of an `opening`: MessagePack)."""

    id: Id
    sequence: Annotated[int, msgspec.Meta(ge=1, le=limits.MAX_SEQUENCE)]
    in_reply_to: Id | None = None
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=limits.MAX_ID_LETTERS)]
    timestamp: Milliseconds
    payload: Payload
    context: Context | None = None


class Parcel(Document, frozen=True, kw_only=True, omit_defaults=True):
    """All the messages that waited for a frame, signed once.

    `receipt`: the body of one, for what has come from the other side by then.
    """

    session_id: SessionId
    sender: Amid = msgspec.field(name="from")
    to: Amid
    envelopes: Annotated[
        tuple[Envelope, ...],
        msgspec.Meta(min_length=1, max_length=limits.MAX_PARCEL_MESSAGES),
    ]
    receipt: Annotated[bytes, msgspec.Meta(max_length=MAX_RECEIPT)] = b""


def encode_parcel(signed: Signed) -> bytes:
    """Return the bytes of a signed parcel, for the session's cipher."""
    if len(signed.payload) > limits.MAX_SIGNED:
        raise UsageError("message_too_large", "These messages do not fit into one frame.")
    return msgspec.msgpack.encode(signed)


def decode_parcel(data: bytes, *, session_id: SessionId, sender: Amid, to: Amid) -> Parcel:
    """Return the parcel that `sender` signed for `to` in this session, or blame the peer."""
    if len(data) > limits.MAX_FRAME:
        raise RemoteProtocolError("parcel_too_large")
    try:
        signed = msgspec.msgpack.decode(data, type=Signed)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError("parcel_malformed") from None
    parcel = read(signed, Parcel, Purpose.PARCEL)
    meant = (parcel.session_id, parcel.sender, parcel.to)
    if signed.amid != sender or meant != (session_id, sender, to):
        raise RemoteProtocolError("parcel_not_of_this_session")
    return parcel


# --- receipts -----------------------------------------------------------------------------------

MAX_ALSO = 32
_MAX_AHEAD = 2**16 - 1


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the peer's daemon has, and what its agent has read: all up to a number, and some above.

    Of the numbers above, a receipt tells the last 32; a receipt is cumulative and not confirmed,
    so what it leaves out is told by a later one. `room_up_to`: the highest number that a stream's
    receiver takes; 0 where there is no such bound.
    """

    delivered_up_to: int = 0
    delivered_also: tuple[int, ...] = ()
    consumed_up_to: int = 0
    consumed_also: tuple[int, ...] = ()
    room_up_to: int = 0


_Ahead = Annotated[
    tuple[Annotated[int, msgspec.Meta(ge=1, le=_MAX_AHEAD)], ...],
    msgspec.Meta(max_length=MAX_ALSO),
]


class _ReceiptBody(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A receipt as it travels: the numbers above are told by how far they are above."""

    delivered_up_to: Count
    delivered_ahead: _Ahead
    consumed_up_to: Count
    consumed_ahead: _Ahead


class _StreamReceiptBody(_ReceiptBody, frozen=True, array_like=True, forbid_unknown_fields=True):
    """That of a stream; a shorter one is that of any session."""

    room_up_to: Count = 0


def encode_receipt(receipt: Receipt) -> bytes:
    """Return a receipt's bytes, at most `MAX_RECEIPT`."""
    parts = (
        receipt.delivered_up_to,
        _ahead(receipt.delivered_up_to, receipt.delivered_also),
        receipt.consumed_up_to,
        _ahead(receipt.consumed_up_to, receipt.consumed_also),
    )
    if receipt.room_up_to:
        return msgspec.msgpack.encode(_StreamReceiptBody(*parts, receipt.room_up_to))
    return msgspec.msgpack.encode(_ReceiptBody(*parts))


def decode_receipt(data: bytes) -> Receipt:
    """Return the receipt in `data`, or blame the peer."""
    if len(data) > MAX_RECEIPT:
        raise RemoteProtocolError("receipt_too_large")
    try:
        body = msgspec.msgpack.decode(data, type=_StreamReceiptBody)
    except msgspec.MsgspecError:
        raise RemoteProtocolError("receipt_malformed") from None
    for ahead in (body.delivered_ahead, body.consumed_ahead):
        if any(later <= earlier for earlier, later in pairwise(ahead)):
            raise RemoteProtocolError("receipt_malformed")
    return Receipt(
        delivered_up_to=body.delivered_up_to,
        delivered_also=tuple(body.delivered_up_to + step for step in body.delivered_ahead),
        consumed_up_to=body.consumed_up_to,
        consumed_also=tuple(body.consumed_up_to + step for step in body.consumed_ahead),
        room_up_to=body.room_up_to,
    )


def _ahead(up_to: int, also: tuple[int, ...]) -> tuple[int, ...]:
    steps = sorted({number - up_to for number in also if 0 < number - up_to <= _MAX_AHEAD})
    return tuple(steps[-MAX_ALSO:])
