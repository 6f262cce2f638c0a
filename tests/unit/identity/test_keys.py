"""Who we are."""

import pickle

import msgspec
import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.errors import IntegrityError
from agentmesh.identity.keys import (
    EXCHANGE,
    SIGNING,
    Identity,
    PublicIdentity,
    key_text,
    parse_key,
    public_identity,
)
from agentmesh.protocol.ids import amid_of, did_of
from agentmesh.protocol.records import SuiteList
from agentmesh.protocol.signed import Purpose, read
from tests.support.world import FakeEntropy

SEED = Secret(b"s" * 32)


def test_an_identity_is_what_its_entropy_makes_it() -> None:
    alice, again = Identity.make(FakeEntropy("alice")), Identity.make(FakeEntropy("alice"))
    assert alice.amid == again.amid == amid_of(alice.public_key)
    assert alice.did == did_of(alice.amid)
    assert Identity.make(FakeEntropy("bob")).amid != alice.amid


def test_what_we_sign_is_signed_by_us() -> None:
    identity = Identity(SEED)
    suites = SuiteList(amid=identity.amid, suites=("pqxdh-dr.v1",), sequence=1)
    signed = identity.sign(suites, Purpose.SUITES)
    assert signed.signer == identity.public_key
    assert read(signed, SuiteList, Purpose.SUITES) == suites


def test_a_bare_signature_is_that_of_the_document() -> None:
    identity = Identity(SEED)
    signed = identity.sign(SuiteList(amid=identity.amid, suites=("a",), sequence=1), Purpose.SUITES)
    assert identity.sign_bytes(signed.payload, Purpose.SUITES) == signed.signature
    assert identity.sign_bytes(signed.payload, Purpose.KNOCK) != signed.signature


def test_an_identity_comes_back_from_its_seed() -> None:
    assert Identity(Identity(SEED).seed()).public_key == Identity(SEED).public_key


def test_an_identity_shows_and_pickles_no_key() -> None:
    identity = Identity(SEED)
    for text in (repr(identity), str(identity), f"{identity}"):
        assert text == f"Identity({identity.amid})"
    with pytest.raises(TypeError):
        pickle.dumps(identity)


def test_the_public_side_reads_as_published() -> None:
    public = public_identity(Identity(SEED).public_key, b"x" * 32, 1_800_000_000, ("claw", "1"))
    assert msgspec.json.decode(msgspec.json.encode(public)) == {
        "amid": Identity(SEED).amid,
        "did": Identity(SEED).did,
        "signing_public_key": key_text(Identity(SEED).public_key, SIGNING),
        "exchange_public_key": key_text(b"x" * 32, EXCHANGE),
        "created_at": "2027-01-15T08:00:00.000Z",
        "framework": "claw",
        "framework_version": "1",
    }
    assert public.signing_key() == Identity(SEED).public_key


def test_a_public_side_without_its_exchange_key_says_so() -> None:
    assert public_identity(b"k" * 32, None, 0, ("", "")).exchange_public_key == ""


@pytest.mark.parametrize("field", ["amid", "did", "signing_public_key"])
def test_a_public_side_that_contradicts_itself_is_refused(field: str) -> None:
    one = public_identity(Identity(SEED).public_key, b"x" * 32, 0, ("", ""))
    other = public_identity(b"k" * 32, b"x" * 32, 0, ("", ""))
    mixed: PublicIdentity = msgspec.structs.replace(one, **{field: getattr(other, field)})
    with pytest.raises(IntegrityError) as caught:
        mixed.signing_key()
    assert caught.value.code == "identity_mismatch"


def test_a_key_is_read_with_and_without_its_prefix() -> None:
    text = key_text(b"k" * 32, SIGNING)
    assert text.startswith("ed25519:")
    assert parse_key(text, SIGNING) == parse_key(text.removeprefix(SIGNING), SIGNING) == b"k" * 32


@pytest.mark.parametrize(
    "text",
    ["", "ed25519:", "ed25519:AAAA", "x25519:" + "A" * 43 + "=", "ed25519:ä", "A" * 44 + "!"],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        parse_key(text, SIGNING)
    assert caught.value.code == "key_malformed"
