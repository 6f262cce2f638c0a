from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.limits import (
    LAST_MILLISECOND,
    MAILBOX_SECONDS,
    MAX_FRAME,
    MAX_ID_LETTERS,
    MAX_RELAY_FRAME,
)
from agentmesh.protocol.relay_frames import (
    Ack,
    Failure,
    Presence,
    Receive,
    Send,
    Sent,
    decode_from_agent,
    decode_from_relay,
    encode,
)

SEND = Send(id=FrameId("1"), to=Amid("bob"), message_type="knock", encrypted_payload=b"sealed")


def test_frames_come_back_as_they_were() -> None:
    assert decode_from_agent(encode(SEND)) == SEND
    sent = Sent(id=FrameId("1"), outcome="refused", code="MAILBOX_FULL", retry_after_seconds=3)
    assert decode_from_relay(encode(sent)) == sent


def test_the_sender_travels_as_from() -> None:
    frame = Receive(
        delivery=1,
        id=FrameId("1"),
        sender=Amid("alice"),
        message_type="message",
        encrypted_payload=b"",
        timestamp=0,
    )
    assert b"\xa4from\xa5alice" in encode(frame)


def code_of(decode: Callable[[bytes], object], data: bytes) -> str:
    """Return what the data's sender is blamed for; nothing if it is a frame."""
    try:
        decode(data)
    except RemoteProtocolError as error:
        return error.code
    return ""


@given(some.binary(max_size=400))
def test_garbage_is_blamed_on_whoever_sent_it(garbage: bytes) -> None:
    assert code_of(decode_from_agent, garbage) in {"", "INVALID_MESSAGE"}
    assert code_of(decode_from_relay, garbage) in {"", "relay_frame_malformed"}


@given(some.integers(0, 10_000), some.integers(0, 255))
def test_a_changed_byte_is_a_frame_or_an_error(place: int, byte: int) -> None:
    data = bytearray(encode(SEND))
    data[place % len(data)] = byte
    assert code_of(decode_from_agent, bytes(data)) in {"", "INVALID_MESSAGE"}


def test_size_is_checked_before_anything_is_parsed() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        decode_from_agent(bytes(MAX_RELAY_FRAME + 1))
    assert caught.value.code == "MESSAGE_TOO_LARGE"
    with pytest.raises(RemoteProtocolError) as caught:
        decode_from_relay(bytes(2 * MAX_FRAME))
    assert caught.value.code == "relay_frame_too_large"


def test_the_largest_sealed_frame_fits_with_all_that_the_relay_says_around_it() -> None:
    send = Send(
        id=FrameId("i" * MAX_ID_LETTERS),
        to=Amid("a" * 28),
        message_type="message",
        encrypted_payload=bytes(MAX_FRAME),
        expires_in=MAILBOX_SECONDS,
        want_acked=True,
    )
    assert decode_from_agent(encode(send)) == send
    receive = Receive(
        delivery=2**63,
        id=send.id,
        sender=send.to,
        message_type="message",
        encrypted_payload=send.encrypted_payload,
        timestamp=LAST_MILLISECOND,
        attempt=2**31,
    )
    assert decode_from_relay(encode(receive)) == receive


def test_a_sealed_frame_has_a_bound_of_its_own() -> None:
    too_large = msgspec.structs.replace(SEND, encrypted_payload=bytes(MAX_FRAME + 1))
    assert code_of(decode_from_agent, encode(too_large)) == "INVALID_MESSAGE"


def test_an_agent_does_not_speak_as_a_relay() -> None:
    with pytest.raises(RemoteProtocolError):
        decode_from_agent(encode(Sent(id=FrameId("1"), outcome="queued")))


def test_lists_have_a_bound() -> None:
    for frame in (
        Ack(deliveries=tuple(range(1001))),
        Presence(status="online", visible_to=(Amid("alice"),) * 2001),
    ):
        with pytest.raises(RemoteProtocolError):
            decode_from_agent(encode(frame))


@pytest.mark.parametrize("seconds", [-(2**62), -1, 0, 3601, 2**62])
def test_a_relay_keeps_nobody_away_for_ever_and_nobody_busy(seconds: int) -> None:
    refused = Sent(id=FrameId("1"), outcome="refused", retry_after_seconds=seconds)
    parted = Failure(code="SHUTTING_DOWN", message="Bye.", retry_after_seconds=seconds)
    for frame in (refused, parted):
        assert code_of(decode_from_relay, encode(frame)) == "relay_frame_malformed"
