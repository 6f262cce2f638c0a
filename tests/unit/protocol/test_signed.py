"""What is signed is believed only with its signer, its purpose, and every one of its bytes."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.protocol.frames import SessionLost
from agentmesh.protocol.ids import Amid, SessionId, amid_of
from agentmesh.protocol.limits import MAX_SIGNED
from agentmesh.protocol.records import SuiteList
from agentmesh.protocol.signed import Purpose, Signed, read, sign, signing_bytes

ALICE = SigningKey(b"a" * 32)
SUITES = SuiteList(amid=amid_of(bytes(ALICE.verify_key)), suites=("one", "two"), sequence=7)
SIGNED = sign(SUITES, Purpose.SUITES, ALICE)


def signed_bytes(payload: bytes, purpose: Purpose = Purpose.SUITES) -> Signed:
    """Sign bytes that need not be a document."""
    signature = ALICE.sign(signing_bytes(purpose, payload)).signature
    return Signed(payload, bytes(ALICE.verify_key), signature)


def code_of(signed: Signed, purpose: Purpose = Purpose.SUITES) -> str:
    """Return why a list of suites is refused."""
    with pytest.raises((CryptoError, RemoteProtocolError)) as caught:
        read(signed, SuiteList, purpose)
    return caught.value.code


def test_a_document_comes_back_with_its_signer() -> None:
    assert read(SIGNED, SuiteList, Purpose.SUITES) == SUITES
    assert SIGNED.amid == SUITES.amid


def test_what_is_signed_begins_with_its_purpose() -> None:
    assert signing_bytes(Purpose.KNOCK, b"x\0y") == b"agentmesh/1 knock\0x\0y"


def test_a_signature_is_that_of_the_rfc() -> None:
    # Ed25519 draws nothing: the same key, purpose and document make the same bytes.
    covered = b"agentmesh/1 suites\0" + msgspec.msgpack.encode(SUITES)
    assert SIGNED.signature == ALICE.sign(covered).signature


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - {Purpose.SUITES}))
def test_a_signature_for_one_purpose_is_worthless_for_another(purpose: Purpose) -> None:
    assert code_of(SIGNED, purpose) == "signature_invalid"


def test_no_purpose_is_the_beginning_of_another() -> None:
    begins = [signing_bytes(purpose, b"") for purpose in Purpose]
    assert not any(one != two and two.startswith(one) for one in begins for two in begins)


@given(st.sampled_from(Signed.__struct_fields__), st.integers(0), st.integers(1, 255))
def test_no_bit_can_be_changed(field: str, place: int, flip: int) -> None:
    data = bytearray(getattr(SIGNED, field))
    data[place % len(data)] ^= flip
    assert code_of(msgspec.structs.replace(SIGNED, **{field: bytes(data)})) == "signature_invalid"


@pytest.mark.parametrize("field", ["signer", "signature"])
def test_keys_and_signatures_of_another_length_are_refused(field: str) -> None:
    good = getattr(SIGNED, field)
    for wrong in (b"", good[:-1], good + b"\0", good * 2):
        assert code_of(msgspec.structs.replace(SIGNED, **{field: wrong})) == "signature_invalid"


@pytest.mark.parametrize(
    "key",
    [
        bytes(32),
        b"\x01" + bytes(31),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        b"\xed" + b"\xff" * 30 + b"\x7f",
        b"\xff" * 32,
    ],
)
def test_a_key_that_anybody_can_sign_for_signs_nothing(key: bytes) -> None:
    # Points of small order: a signature of neutral point and zero would fit any document.
    for signature in (b"\x01" + bytes(63), bytes(64), key + bytes(32)):
        assert code_of(Signed(SIGNED.payload, key, signature)) == "signature_invalid"


def test_a_signature_has_one_spelling_only() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    scalar = int.from_bytes(SIGNED.signature[32:], "little") + order
    other = SIGNED.signature[:32] + scalar.to_bytes(32, "little")
    assert code_of(msgspec.structs.replace(SIGNED, signature=other)) == "signature_invalid"


def test_nothing_is_parsed_before_it_verified() -> None:
    assert code_of(Signed(b"\xc1", SIGNED.signer, SIGNED.signature)) == "signature_invalid"
    assert code_of(signed_bytes(b"\xc1")) == "document_malformed"


def test_the_bound_is_looked_at_before_the_signature() -> None:
    assert code_of(signed_bytes(bytes(MAX_SIGNED))) == "document_malformed"
    assert code_of(signed_bytes(bytes(MAX_SIGNED + 1))) == "signature_invalid"


def test_a_document_of_another_kind_is_malformed() -> None:
    lost = SessionLost(
        session_id=SessionId("1"), timestamp=1, nonce=bytes(32), sender=Amid("a"), to=Amid("b")
    )
    assert code_of(sign(lost, Purpose.SUITES, ALICE)) == "document_malformed"


def test_an_unknown_field_is_malformed() -> None:
    fields = {**msgspec.to_builtins(SUITES), "more": 1}
    assert code_of(signed_bytes(msgspec.msgpack.encode(fields))) == "document_malformed"


def test_what_stands_behind_the_document_is_malformed() -> None:
    assert code_of(signed_bytes(SIGNED.payload + b"\0")) == "document_malformed"
