import msgspec
import pytest

from agentmesh.crypto.bundle import verify_bundle
from agentmesh.errors import CryptoError
from agentmesh.protocol.records import KemPrekey, PrekeyBundle, SignedPrekey
from agentmesh.protocol.signed import Purpose, Signed, sign
from tests.support.crypto_parties import Party

ALICE, BOB = Party.make("alice"), Party.make("bob")
SIGNED_FIELDS = ("exchange_key", "signed_prekey", "kem_prekey", "suites")


def with_field(name: str, value: object) -> PrekeyBundle:
    return msgspec.structs.replace(BOB.bundle(), **{name: value})


def test_a_bundle_that_its_owner_signed_is_read() -> None:
    bundle = verify_bundle(BOB.bundle(), BOB.amid)
    assert bundle.amid == BOB.amid
    assert bundle.exchange_key.key == BOB.exchange.public
    assert bundle.signed_prekey.key == BOB.signed_prekey.public
    assert bundle.kem_prekey.key == BOB.kem_prekey.public
    assert bundle.suites == BOB.suites
    assert bundle.one_time is not None


def test_a_bundle_of_somebody_else_is_refused() -> None:
    with pytest.raises(CryptoError, match="bundle_invalid"):
        verify_bundle(ALICE.bundle(), BOB.amid)


@pytest.mark.parametrize("field", SIGNED_FIELDS)
def test_somebody_elses_document_in_a_bundle_is_refused(field: str) -> None:
    with pytest.raises(CryptoError, match="bundle_invalid"):
        verify_bundle(with_field(field, getattr(ALICE.bundle(), field)), BOB.amid)


@pytest.mark.parametrize("field", SIGNED_FIELDS)
def test_every_signature_is_checked(field: str) -> None:
    signed: Signed = getattr(BOB.bundle(), field)
    for part in ("payload", "signature"):
        value = bytearray(getattr(signed, part))
        value[-1] ^= 1
        forged = msgspec.structs.replace(signed, **{part: bytes(value)})
        with pytest.raises(CryptoError, match="signature_invalid"):
            verify_bundle(with_field(field, forged), BOB.amid)


def test_prekeys_cannot_be_swapped_for_one_another() -> None:
    bundle = BOB.bundle()
    # Both hold an X25519 key, an id and a time: only the purpose of the signature differs.
    with pytest.raises(CryptoError, match="signature_invalid"):
        verify_bundle(with_field("signed_prekey", bundle.exchange_key), BOB.amid)
    with pytest.raises(CryptoError, match="signature_invalid"):
        verify_bundle(with_field("exchange_key", bundle.signed_prekey), BOB.amid)


def test_a_document_that_names_another_agent_is_refused() -> None:
    prekey = SignedPrekey(amid=ALICE.amid, id=1, key=bytes(32), created_at=1)
    signed = sign(prekey, Purpose.SIGNED_PREKEY, BOB.signing)
    with pytest.raises(CryptoError, match="bundle_invalid"):
        verify_bundle(with_field("signed_prekey", signed), BOB.amid)


def test_a_kem_prekey_that_is_no_key_is_refused() -> None:
    prekey = KemPrekey(amid=BOB.amid, id=1, key=b"\xff" * 1184, created_at=1)
    signed = sign(prekey, Purpose.KEM_PREKEY, BOB.signing)
    with pytest.raises(CryptoError, match="kem_key_invalid"):
        verify_bundle(with_field("kem_prekey", signed), BOB.amid)
