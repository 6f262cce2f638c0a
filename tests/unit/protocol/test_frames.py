"""Frames as they travel: each comes back as it was, and nothing else is a frame."""

import msgspec
import pytest

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.frames import (
    AnyFrame,
    Frame,
    Header,
    MessageFrame,
    NumberedFrame,
    PqHeader,
    ReceiptFrame,
    SealedToPrekeys,
    SealedToReplyKey,
    StalePrekey,
    decode,
    encode,
)
from agentmesh.protocol.ids import FrameId, SessionId
from agentmesh.protocol.limits import MAX_FRAME

SESSION = SessionId("0190a000-0000-7000-8000-000000000001")
FRAMES: tuple[AnyFrame, ...] = (
    SealedToPrekeys(
        signed_prekey_id=1,
        kem_prekey_id=2**31,
        ephemeral=b"e" * 32,
        kem_ciphertext=b"c" * 1088,
        box=b"box",
    ),
    SealedToReplyKey(reply_key_id="r", ephemeral=b"e" * 32, kem_ciphertext=b"c" * 1088, box=b"box"),
    StalePrekey(frame_id=FrameId("f")),
    MessageFrame(
        session_id=SESSION,
        header=Header(b"k" * 32, 0, 1, 2, PqHeader(3, b"p" * 1184, b"c" * 1088)),
        header_mac=b"m" * 32,
        ciphertext=b"text",
    ),
    ReceiptFrame(session_id=SESSION, epoch=0, box=b"box"),
    NumberedFrame(session_id=SESSION, number=1, box=b"box"),
)
MESSAGE = FRAMES[3]
SMALLEST = {"type": "stale_prekey", "frame_id": "f"}


def code_of(data: bytes) -> str:
    """Return what the peer is blamed for."""
    with pytest.raises(RemoteProtocolError) as caught:
        decode(data)
    return caught.value.code


def changed(frame: AnyFrame, path: tuple[str, ...], value: object) -> bytes:
    """Return a frame's bytes with another value at one place."""
    fields = msgspec.to_builtins(frame, builtin_types=(bytes,))
    inside = fields
    for name in path[:-1]:
        inside = inside[name]
    inside[path[-1]] = value
    return msgspec.msgpack.encode(fields)


def test_every_kind_of_frame_is_here() -> None:
    kinds = {kind for kind in Frame.__subclasses__() if kind.__module__ == Frame.__module__}
    assert {type(frame) for frame in FRAMES} == kinds


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_a_frame_comes_back_as_it_was(frame: AnyFrame) -> None:
    assert decode(encode(frame)) == frame


def test_the_kind_travels_as_type() -> None:
    assert encode(FRAMES[2]) == msgspec.msgpack.encode(SMALLEST)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_a_field_too_few_or_too_many_is_no_frame(frame: AnyFrame) -> None:
    assert code_of(changed(frame, ("more",), 1)) == "frame_malformed"
    whole = msgspec.to_builtins(frame, builtin_types=(bytes,))
    for name in whole:
        fewer = {field: value for field, value in whole.items() if field != name}
        assert code_of(msgspec.msgpack.encode(fewer)) == "frame_malformed"


OUT_OF_BOUNDS: dict[str, tuple[AnyFrame, tuple[str, ...], object]] = {
    "a short point": (FRAMES[0], ("ephemeral",), bytes(31)),
    "a long point": (FRAMES[1], ("ephemeral",), bytes(33)),
    "a short ciphertext": (FRAMES[0], ("kem_ciphertext",), bytes(1087)),
    "a long ciphertext": (FRAMES[1], ("kem_ciphertext",), bytes(1089)),
    "a negative id": (FRAMES[0], ("signed_prekey_id",), -1),
    "an id beyond its bound": (FRAMES[0], ("kem_prekey_id",), 2**31 + 1),
    "an id without end": (FRAMES[1], ("reply_key_id",), "r" * 65),
    "words for bytes": (FRAMES[1], ("box",), "box"),
    "bytes for words": (FRAMES[2], ("frame_id",), b"f"),
    "a number for bytes": (MESSAGE, ("ciphertext",), 7),
    "nothing for bytes": (MESSAGE, ("ciphertext",), None),
    "a short mac": (MESSAGE, ("header_mac",), bytes(31)),
    "a frame before the first": (MESSAGE, ("header", "frame"), -1),
    "a number beyond its bound": (MESSAGE, ("header", "number"), 2**64 - 1),
    "half a number": (MESSAGE, ("header", "number"), 0.5),
    "yes for a number": (MESSAGE, ("header", "number"), True),
    "a short post-quantum key": (MESSAGE, ("header", "pq", "public_key"), bytes(1183)),
    "an unknown field far inside": (MESSAGE, ("header", "pq", "more"), 1),
    "a negative epoch": (FRAMES[4], ("epoch",), -1),
    "no such kind": (FRAMES[4], ("type",), "gossip"),
    "a number for a kind": (FRAMES[4], ("type",), 4),
}


@pytest.mark.parametrize(("frame", "path", "value"), OUT_OF_BOUNDS.values(), ids=OUT_OF_BOUNDS)
def test_what_is_out_of_bounds_is_no_frame(
    frame: AnyFrame, path: tuple[str, ...], value: object
) -> None:
    assert code_of(changed(frame, path, value)) == "frame_malformed"


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: type(frame).__name__)
def test_a_frame_that_was_cut_or_goes_on_is_none(frame: AnyFrame) -> None:
    whole = encode(frame)
    for size in {*range(min(len(whole), 200)), len(whole) - 1}:
        assert code_of(whole[:size]) == "frame_malformed"
    assert code_of(whole + b"\0") == "frame_malformed"
    assert code_of(whole + whole) == "frame_malformed"


def test_size_is_looked_at_before_anything_is_parsed() -> None:
    receipt = ReceiptFrame(session_id=SESSION, epoch=0, box=bytes(2**16))
    room = MAX_FRAME - len(encode(receipt))
    largest = msgspec.structs.replace(receipt, box=bytes(2**16 + room))
    assert len(encode(largest)) == MAX_FRAME
    assert decode(encode(largest)) == largest
    assert code_of(encode(msgspec.structs.replace(largest, box=largest.box + b"\0"))) == (
        "frame_too_large"
    )
