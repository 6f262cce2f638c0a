"""Parcels and receipts: what both sides agree on, and what is the peer's fault."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from agentmesh.errors import CryptoError, RemoteProtocolError, UsageError
from agentmesh.messages.envelope import (
    MAX_RECEIPT,
    Context,
    Envelope,
    Parcel,
    Receipt,
    decode_parcel,
    decode_receipt,
    encode_parcel,
    encode_receipt,
)
from agentmesh.protocol.ids import Amid, MessageId, SessionId, amid_of
from agentmesh.protocol.limits import MAX_FRAME, MAX_PARCEL_MESSAGES, MAX_PAYLOAD, MAX_SIGNED
from agentmesh.protocol.signed import Purpose, Signed, sign

ALICE = SigningKey(b"a" * 32)
MALLORY = SigningKey(b"m" * 32)
FROM = amid_of(bytes(ALICE.verify_key))
TO = amid_of(b"b" * 32)
SESSION = SessionId("0190a000-0000-7000-8000-000000000001")


def message_id(number: int) -> MessageId:
    return MessageId(f"0190a000-0000-7000-8000-{number:012x}")


def envelope(sequence: int = 1, payload: bytes = b'{"text":"hello"}') -> Envelope:
    return Envelope(
        id=message_id(sequence), sequence=sequence, type="text", timestamp=1, payload=payload
    )


def parcel(*envelopes: Envelope, sender: Amid = FROM, to: Amid = TO) -> Parcel:
    return Parcel(session_id=SESSION, sender=sender, to=to, envelopes=envelopes or (envelope(),))


def opened(data: bytes) -> Parcel:
    return decode_parcel(data, session_id=SESSION, sender=FROM, to=TO)


def signed(what: Parcel, key: SigningKey = ALICE, purpose: Purpose = Purpose.PARCEL) -> bytes:
    return encode_parcel(sign(what, purpose, key))


def test_a_parcel_comes_out_as_it_went_in() -> None:
    reply = Envelope(
        id=message_id(2),
        sequence=2,
        in_reply_to=message_id(1),
        type="x-acme/weather",
        timestamp=2,
        payload=b"{}",
        context=Context(chain_id="c", hop=3),
    )
    sent = parcel(envelope(), reply)
    assert opened(signed(sent)) == sent


def test_the_largest_message_fits() -> None:
    sent = parcel(envelope(payload=b"x" * MAX_PAYLOAD))
    assert opened(signed(sent)) == sent


def test_what_does_not_fit_into_a_frame_is_our_fault() -> None:
    much = parcel(envelope(1, b"x" * MAX_PAYLOAD), envelope(2, b"x" * MAX_PAYLOAD))
    with pytest.raises(UsageError, match="do not fit"):
        signed(much)


def test_a_parcel_of_one_session_is_worthless_in_another() -> None:
    for field, value in (("session_id", "other"), ("sender", TO), ("to", FROM)):
        other = msgspec.structs.replace(parcel(), **{field: value})
        with pytest.raises(RemoteProtocolError, match="parcel_not_of_this_session"):
            opened(signed(other))


def test_only_the_sender_signs_its_parcels() -> None:
    with pytest.raises(RemoteProtocolError, match="parcel_not_of_this_session"):
        opened(signed(parcel(), key=MALLORY))


def test_a_signature_for_something_else_is_no_signature() -> None:
    with pytest.raises(CryptoError, match="signature_invalid"):
        opened(signed(parcel(), purpose=Purpose.ACCEPT))


def test_rubbish_is_the_peers_fault() -> None:
    for data in (b"", b"\xc1", b"\x91" * 5000, msgspec.msgpack.encode({"payload": b""})):
        with pytest.raises(RemoteProtocolError, match="parcel_malformed"):
            opened(data)


def test_size_is_looked_at_before_anything_is_parsed() -> None:
    with pytest.raises(RemoteProtocolError, match="parcel_too_large"):
        opened(b"\xc1" * (MAX_FRAME + 1))


BAD_ENVELOPES = {
    "no number": {"sequence": 0},
    "an id that is none": {"id": "x"},
    "an id with a line behind it": {"id": message_id(1) + "\n"},
    "an answer to nothing": {"in_reply_to": ""},
    "no type": {"type": ""},
    "a type without end": {"type": "x" * 65},
    "too much": {"payload": b"x" * (MAX_PAYLOAD + 1)},
    "an unknown field": {"urgent": True},
    "a hop backwards": {"context": {"chain_id": "c", "hop": -1}},
}


@pytest.mark.parametrize("wrong", BAD_ENVELOPES.values(), ids=BAD_ENVELOPES)
def test_an_envelope_out_of_bounds_is_refused(wrong: dict[str, object]) -> None:
    fields = msgspec.to_builtins(parcel(), builtin_types=(bytes,))
    fields["envelopes"][0].update(wrong)
    with pytest.raises(RemoteProtocolError, match="document_malformed"):
        opened(_signed_fields(fields))


@pytest.mark.parametrize("count", [0, MAX_PARCEL_MESSAGES + 1])
def test_a_parcel_has_some_messages_and_not_too_many(count: int) -> None:
    fields = msgspec.to_builtins(parcel(), builtin_types=(bytes,))
    fields["envelopes"] *= count
    with pytest.raises(RemoteProtocolError, match="document_malformed"):
        opened(_signed_fields(fields))


def _signed_fields(fields: dict[str, object]) -> bytes:
    payload = msgspec.msgpack.encode(fields)
    assert len(payload) < MAX_SIGNED
    signature = ALICE.sign(b"agentmesh/1 parcel\0" + payload).signature
    return encode_parcel(Signed(payload, bytes(ALICE.verify_key), signature))


# --- receipts -----------------------------------------------------------------------------------

NUMBERS = st.integers(0, 2**31 - 70_000)
AHEAD = st.sets(st.integers(1, 65_535), max_size=32)


@given(NUMBERS, AHEAD, NUMBERS, AHEAD)
def test_a_receipt_comes_out_as_it_went_in_and_fits_its_box(
    delivered: int, also: set[int], consumed: int, consumed_also: set[int]
) -> None:
    receipt = Receipt(
        delivered_up_to=delivered,
        delivered_also=tuple(sorted(delivered + step for step in also)),
        consumed_up_to=consumed,
        consumed_also=tuple(sorted(consumed + step for step in consumed_also)),
    )
    data = encode_receipt(receipt)
    assert len(data) <= MAX_RECEIPT
    assert decode_receipt(data) == receipt


def test_a_receipt_tells_the_last_of_many() -> None:
    receipt = Receipt(delivered_up_to=1, delivered_also=tuple(range(3, 103)))
    assert decode_receipt(encode_receipt(receipt)).delivered_also == tuple(range(71, 103))


def test_a_receipt_leaves_out_what_it_says_already_or_cannot_say() -> None:
    receipt = Receipt(delivered_up_to=5, delivered_also=(9, 5, 2, 7, 7, 5 + 65_536))
    assert decode_receipt(encode_receipt(receipt)).delivered_also == (7, 9)


BAD_RECEIPTS = {
    "nothing": [],
    "a negative number": [-1, [], 0, []],
    "an unknown field": [1, [], 0, [], 0, 0],
    "a number that is not above": [1, [0], 0, []],
    "numbers out of order": [1, [3, 2], 0, []],
    "a number twice": [1, [], 0, [2, 2]],
    "too many": [1, list(range(1, 34)), 0, []],
    "too far above": [1, [65_536], 0, []],
}


@pytest.mark.parametrize("fields", BAD_RECEIPTS.values(), ids=BAD_RECEIPTS)
def test_a_receipt_out_of_bounds_is_refused(fields: list[object]) -> None:
    with pytest.raises(RemoteProtocolError, match="receipt_malformed"):
        decode_receipt(msgspec.msgpack.encode(fields))


def test_a_receipt_that_does_not_fit_its_box_is_refused() -> None:
    with pytest.raises(RemoteProtocolError, match="receipt_too_large"):
        decode_receipt(b"\xc1" * (MAX_RECEIPT + 1))
