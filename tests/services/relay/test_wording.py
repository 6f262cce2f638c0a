"""What is written together is what would be encoded one by one."""

import pytest
from agentmesh_relay.bundle import Bundle, bundled, in_one_piece
from agentmesh_relay.wording import FEW, delivered, forwarded
from hypothesis import example, given
from hypothesis import strategies as st

from agentmesh.protocol.ids import FrameId
from agentmesh.protocol.relay_frames import MessageType, Receive, Send, Sent, encode
from tests.support.relay_client import amid_called
from tests.support.websocket_frames import bodies

ALICE, BOB = amid_called("alice"), amid_called("bob")
NOW, NUMBER = 1_800_000_000_000, 1_800_000_000_000_000

TEXTS = st.lists(st.text(max_size=64), min_size=1)
SHORT_NUMBERS = st.sampled_from([0, 1, 127, 255, 65_535, 2**32 - 2, 2**32])
LONG_NUMBERS = st.integers(2**32, 2**63)


@given(TEXTS.map(lambda ids: [FrameId(it) for it in ids]))
@example([FrameId("0001"), FrameId("0002")])
def test_answers_are_those_that_would_be_encoded(ids: list[FrameId]) -> None:
    said = bodies(forwarded(ids, in_one_piece(ids)))
    assert list(said) == [encode(Sent(id=it, outcome="forwarded")) for it in ids]


@given(
    st.integers(1, FEW + 3),
    st.sampled_from([0, 1, 2, 3, 31, 32, 36, 64]),
    st.sampled_from([0, 1, 3, 193, 255, 256, 257, 4096, 65_535, 65_536]),
    st.sampled_from(["message", "knock", "receipt"]),
    st.one_of(LONG_NUMBERS, SHORT_NUMBERS),
    st.one_of(st.integers(2**32, 2**42), SHORT_NUMBERS),
    st.binary(min_size=1, max_size=1),
)
def test_deliveries_are_those_that_would_be_encoded(
    count: int,
    id_size: int,
    size: int,
    message_type: MessageType,
    first: int,
    now: int,
    byte: bytes,
) -> None:
    ids = [str(number).rjust(id_size, byte.decode("latin-1"))[:id_size] for number in range(count)]
    sends = [_send(it, byte * size, message_type) for it in ids]
    _is_as_if_encoded(bundled(ALICE, sends, now), first)


@pytest.mark.parametrize("place", range(FEW + 1))
@pytest.mark.parametrize(
    "odd", [("é123", b"1234"), ("12345", b"1234"), ("1234", b"12345"), ("", b"")]
)
def test_one_that_is_not_like_the_others_is_written_right(
    odd: tuple[str, bytes], place: int
) -> None:
    sends = [_send(f"{number:04}", b"1234") for number in range(FEW)]
    sends.insert(place, _send(*odd))
    _is_as_if_encoded(bundled(ALICE, sends, NOW), NUMBER)


def _send(frame_id: str, payload: bytes, message_type: MessageType = "message") -> Send:
    return Send(id=FrameId(frame_id), to=BOB, message_type=message_type, encrypted_payload=payload)


def _is_as_if_encoded(bundle: Bundle, first: int) -> None:
    bundle.numbers = tuple(range(first, first + len(bundle.ids)))
    assert list(bodies(delivered(bundle))) == [
        encode(
            Receive(
                delivery=number,
                id=send.id,
                sender=ALICE,
                message_type=send.message_type,
                encrypted_payload=send.encrypted_payload,
                timestamp=bundle.sent_at,
            )
        )
        for number, send in zip(bundle.numbers, bundle.sends, strict=True)
    ]
