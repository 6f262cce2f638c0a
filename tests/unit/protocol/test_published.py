"""What an agent published is read only if all of it is by that agent."""

import msgspec
import pytest

from agentmesh.errors import CryptoError
from agentmesh.protocol.published import read_prekeys, read_record
from agentmesh.protocol.signed import Purpose, sign
from tests.support.registrant import Registrant

ALICE, BOB = Registrant("alice"), Registrant("bob")


def test_a_record_brings_its_exchange_key() -> None:
    record, key = read_record(ALICE.record(3))
    assert (record.amid, record.sequence, key.key) == (ALICE.amid, 3, b"x" * 32)


def test_nobody_publishes_a_record_for_somebody_else() -> None:
    with pytest.raises(CryptoError) as caught:
        read_record(sign(ALICE.plain_record(), Purpose.RECORD, BOB.key))
    assert caught.value.code == "amid_mismatch"


def test_nobody_borrows_an_exchange_key() -> None:
    with pytest.raises(CryptoError):
        read_record(ALICE.record(exchange_key=BOB.exchange_key()))


def test_an_upload_is_read() -> None:
    documents = read_prekeys(ALICE.upload(), ALICE.amid)
    assert documents.suites.suites == ("pqxdh-dr.v1",)


@pytest.mark.parametrize("field", ["exchange_key", "signed_prekey", "kem_prekey", "suites"])
def test_a_foreign_document_among_them_is_refused(field: str) -> None:
    mixed = msgspec.structs.replace(ALICE.upload(), **{field: getattr(BOB.upload(), field)})
    with pytest.raises(CryptoError):
        read_prekeys(mixed, ALICE.amid)


@pytest.mark.parametrize("field", ["exchange_key", "signed_prekey", "kem_prekey", "suites"])
def test_a_broken_signature_among_them_is_refused(field: str) -> None:
    broken = msgspec.structs.replace(getattr(ALICE.upload(), field), signature=b"\0" * 64)
    with pytest.raises(CryptoError):
        read_prekeys(msgspec.structs.replace(ALICE.upload(), **{field: broken}), ALICE.amid)


def test_one_signature_does_not_serve_for_two_kinds() -> None:
    upload = ALICE.upload()
    swapped = msgspec.structs.replace(upload, signed_prekey=upload.exchange_key)
    with pytest.raises(CryptoError):
        read_prekeys(swapped, ALICE.amid)
