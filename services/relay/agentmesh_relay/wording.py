"""What two agents are told of sends that came together: WebSocket frames, in one piece.

Those of one read differ in number, id and payload as a rule. What is the same in all of them is
encoded once, and one `struct` puts them together: the bytes are those that single frames would be.
"""

from collections.abc import Sequence
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import MessageType, Receive, Sent, encode
from agentmesh_relay.bundle import Bundle
from agentmesh_relay.outgoing import framed, header

FEW = 3
"""So many are encoded one by one."""

_LONG = 1 << 32
"""From here on MessagePack writes a number with eight bytes."""


def forwarded(ids: Sequence[FrameId], names: str) -> bytes:
    """Return `Sent(outcome="forwarded")` for each; `names` is `in_one_piece(ids)`."""
    if not names:
        return b"".join(framed(encode(Sent(id=one, outcome="forwarded"))) for one in ids)
    before, between, after = _around(len(ids[0]))
    return (before + between.join(ids) + after).encode("latin-1")


def delivered(bundle: Bundle) -> bytes:
    """Return what their addressee is told of these."""
    numbers, sent_at, count, size = bundle.numbers, bundle.sent_at, len(bundle.ids), bundle.each
    is_long = numbers[0] >= _LONG and sent_at >= _LONG
    if count <= FEW or not is_long or size is None or not bundle.names:
        return _one_by_one(bundle)
    sender = bundle.sender.encode()
    message_type, id_size = bundle.sends[0].message_type, len(bundle.ids[0])
    layout = _layout(count, message_type, id_size, len(sender), size)
    to_payload = layout.to_sender + sender + layout.to_payload
    end = layout.to_time + sent_at.to_bytes(8, "big")
    pieces: list[object] = [layout.to_number, 0, layout.to_id, b"", to_payload, b"", end] * count
    pieces[1::7] = numbers
    pieces[3::7] = layout.ids.unpack(bundle.names.encode())
    pieces[5::7] = bundle.payloads
    return layout.frames.pack(*pieces)


@lru_cache(64)
def _around(size: int) -> tuple[str, str, str]:
    """Return what stands before, between and after ids of this size: bytes as Latin-1 letters."""
    mark = "\0" * size
    frame = framed(encode(Sent(id=FrameId(mark), outcome="forwarded"))).decode("latin-1")
    before, _, after = frame.partition(mark)
    return before, after + before, after


class _Layout(NamedTuple):
    """What stands before each part that may differ (the time is the end), and the frames' form."""

    to_number: bytes
    to_id: bytes
    to_sender: bytes
    to_payload: bytes
    to_time: bytes
    ids: Struct
    frames: Struct


@lru_cache(256)
def _layout(
    count: int, message_type: MessageType, id_size: int, sender_size: int, size: int
) -> _Layout:
    """Return how msgspec lays out so many frames that have parts of these sizes."""
    number, frame_id, sender = (1 << 64) - 1, "\1" * id_size, "\2" * sender_size
    body = encode(
        Receive(
            delivery=number,
            id=FrameId(frame_id),
            sender=Amid(sender),
            message_type=message_type,
            encrypted_payload=bytes(size),
            timestamp=_LONG,
        )
    )
    to_number, _, rest = body.partition(number.to_bytes(8, "big"))
    to_number = header(len(body)) + to_number
    to_id, _, rest = rest.partition(frame_id.encode())
    to_sender, _, rest = rest.partition(sender.encode())
    end = rest.rindex(b"\xa9timestamp")
    to_payload, to_time = rest[: end - size], rest[end:-8]
    sender_and_more = len(to_sender) + sender_size + len(to_payload)
    frame = f"{len(to_number)}sQ{len(to_id)}s{id_size}s{sender_and_more}s{size}s{len(to_time) + 8}s"
    ids, frames = Struct(f"{id_size}s" * count), Struct(">" + frame * count)
    return _Layout(to_number, to_id, to_sender, to_payload, to_time, ids, frames)


def _one_by_one(bundle: Bundle) -> bytes:
    return b"".join(
        framed(
            encode(
                Receive(
                    delivery=number,
                    id=send.id,
                    sender=bundle.sender,
                    message_type=send.message_type,
                    encrypted_payload=send.encrypted_payload,
                    timestamp=bundle.sent_at,
                )
            )
        )
        for number, send in zip(bundle.numbers, bundle.sends, strict=True)
    )
