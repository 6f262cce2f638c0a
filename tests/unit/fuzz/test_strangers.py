"""Whatever a stranger sends, what comes out is a value or an error of ours."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.session_cipher import encode_header, header_mac
from agentmesh.errors import CryptoError
from agentmesh.messages.payloads import parse_payload
from agentmesh.protocol.frames import Header, PqHeader
from tests.support.cipher_dialogue import begun, saved
from tests.support.crypto_parties import NOON, seeded
from tests.support.hostile import FUZZ, damaged, garbage, refusal, retold
from tests.unit.fuzz.doors import DOORS, JSON_KINDS

SIZES = st.sampled_from([0, 1, 2, 3, 999, 1000, 1001, 2**31]) | st.integers(0, 2**31)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: (
        st.lists(inside, max_size=4)
        | st.dictionaries(
            st.sampled_from(["text", "intent", "status", "code", "reason", "results", "x"]), inside
        )
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("name", DOORS)
def test_what_is_good_is_read(name: str) -> None:
    # Or else all below would be refused at the threshold.
    door = DOORS[name]
    assert {refusal(door.read, good) for good in door.good} == {""}


@pytest.mark.parametrize("name", DOORS)
@FUZZ
@given(data=st.data())
def test_what_is_damaged_is_read_or_refused(name: str, data: st.DataObject) -> None:
    door = DOORS[name]
    good = data.draw(st.sampled_from(door.good))
    refusal(door.read, data.draw(garbage() | damaged(good) | retold(good)))


@FUZZ
@given(kind=st.sampled_from(JSON_KINDS), value=JSON, noise=st.binary(max_size=3))
def test_a_payload_is_read_or_refused(kind: str, value: object, noise: bytes) -> None:
    text = json.dumps(value).encode()
    for data in (text, text + noise, noise + text, noise):
        refusal(lambda data: parse_payload(kind, data), data)


@FUZZ
@given(
    key=st.sampled_from([bytes(32), b"\xff" * 32]) | st.binary(min_size=32, max_size=32),
    numbers=st.tuples(SIZES, SIZES, SIZES, SIZES),
    pq_key=st.none() | st.just(bytes(1184)) | st.just(b"\xff" * 1184),
    pq_text=st.none() | st.just(bytes(1088)),
)
def test_a_peer_that_lies_in_its_header_gets_no_further_than_its_lie(
    key: bytes, numbers: tuple[int, int, int, int], pq_key: bytes | None, pq_text: bytes | None
) -> None:
    talk = begun()
    frame = talk.from_alice()
    before = saved(talk.bob)
    previous, number, count, epoch = numbers
    header = Header(key, previous, number, count, PqHeader(epoch, pq_key, pq_text))
    mac = header_mac(
        talk.alice.header_key, frame.session_id, encode_header(header), frame.ciphertext
    )
    lie = msgspec.structs.replace(frame, header=header, header_mac=mac)
    with pytest.raises(CryptoError):
        talk.bob.open(lie, NOON, seeded("lie"))
    assert saved(talk.bob) == before
    assert talk.to_bob(frame) == b"hello"
