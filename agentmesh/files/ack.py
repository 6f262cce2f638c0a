"""What a receiver says of a file while it comes: which chunks are there.

It grows with every word until the receiver begins anew (`run`), so the last word says all, and one
that is lost or comes twice does no harm.
"""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.bounded import Count

MAX_RUNS = 100
MAX_ACK_BYTES = 1800
"""So that it fits into the smallest frame."""

Mood = Literal["", "disk_full"]
"""`disk_full`: chunks are not taken at the moment; offer one again now and then."""


class Ack(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`runs` are `[first, end)`, apart and rising; what lies between or behind is not there."""

    run: Annotated[int, Meta(ge=0, le=2**53)]
    serial: Annotated[int, Meta(ge=0, le=2**53)]
    mood: Annotated[str, Meta(max_length=32)]
    runs: Annotated[tuple[tuple[Count, Count], ...], Meta(max_length=MAX_RUNS)]


_decoder = msgspec.msgpack.Decoder(Ack)
_MOODS = frozenset(get_args(Mood))


def encode_ack(ack: Ack) -> bytes:
    """Return the bytes that are sealed."""
    return msgspec.msgpack.encode(ack)


def decode_ack(data: bytes, count: int) -> Ack:
    """Return what the receiver of a file of `count` chunks says, or blame it."""
    try:
        if len(data) > MAX_ACK_BYTES:
            raise RemoteProtocolError("ack_malformed")
        ack = _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError("ack_malformed") from None
    before = -1
    for first, end in ack.runs:
        if not before < first < end <= count:
            raise RemoteProtocolError("ack_out_of_range")
        before = end
    return ack if ack.mood in _MOODS else msgspec.structs.replace(ack, mood="")
