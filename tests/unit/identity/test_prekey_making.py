"""Making prekeys."""

import msgspec
import pytest

from agentmesh.crypto import kem, x25519
from agentmesh.crypto.key_pair import KeyPair
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.suites import offered
from agentmesh.errors import UsageError
from agentmesh.identity.keys import Identity
from agentmesh.identity.prekey_making import Prekey, key_pair, make, sign_suites, upload
from agentmesh.identity.prekeys import Kind, Name
from agentmesh.protocol.published import read_prekeys
from agentmesh.protocol.records import ExchangeKey, KemPrekey, SignedPrekey
from agentmesh.protocol.signed import Signed
from tests.support.world import FakeEntropy

ENTROPY = FakeEntropy("prekeys")
ALICE = Identity.make(ENTROPY)
SUITES = sign_suites(ALICE, 7)


class Kept(msgspec.Struct, kw_only=True):
    kind: Kind
    id: int
    public: bytes
    created_at: float
    retired_at: float | None = None
    published: bool = False


def made(kind: Kind, number: int = 1) -> Prekey:
    return make(Name(kind, number), ALICE, 5.5, ENTROPY)


def kept(kind: Kind, number: int = 1, *, published: bool = False) -> Kept:
    key = made(kind, number)
    return Kept(
        kind=kind, id=number, public=key.public, created_at=key.created_at, published=published
    )


MEDIUM = [kept("exchange"), kept("signed"), kept("kem")]


DOCUMENTS = {"exchange": ExchangeKey, "signed": SignedPrekey, "kem": KemPrekey}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_names_the_public_half(kind: Kind) -> None:
    key = made(kind)
    signed = msgspec.msgpack.decode(key.public, type=Signed)
    said = msgspec.msgpack.decode(signed.payload, type=DOCUMENTS[kind])
    assert said.key == (kem if kind == "kem" else x25519).public_key(key.private)
    assert (said.amid, said.id, said.created_at) == (ALICE.amid, 1, 5500)


def test_a_one_time_prekey_is_a_bare_key() -> None:
    key = made("one_time")
    assert key.public == x25519.public_key(key.private)


@pytest.mark.parametrize("kind", ["exchange", "signed", "kem", "one_time"])
def test_a_handshake_gets_the_bare_key(kind: Kind) -> None:
    key = made(kind, 3)
    pair = key_pair(kind, key.id, key.public, key.private)
    way = kem if kind == "kem" else x25519
    assert pair == KeyPair(3, way.public_key(key.private), key.private)


def test_no_two_keys_are_the_same() -> None:
    assert len({made("one_time", number).public for number in range(10)}) == 10


def test_a_private_half_that_exists_is_used() -> None:
    first = Secret(b"f" * 32)
    assert make(Name("exchange", 1), ALICE, 0, ENTROPY, first).private == first


def test_what_is_uploaded_verifies_as_ours() -> None:
    sent = upload([*MEDIUM, kept("one_time", 9), kept("one_time", 8)], SUITES)
    read = read_prekeys(sent, ALICE.amid)
    assert (read.signed_prekey.id, read.signed_prekey.created_at) == (1, 5500)
    assert read.suites.suites == offered()
    assert read.suites.sequence == 7
    assert [one.id for one in sent.one_time] == [8, 9]


def test_the_newest_keys_are_uploaded_and_published_one_time_keys_are_not() -> None:
    keys = [kept("signed", 2), *MEDIUM, kept("one_time", 1, published=True), kept("one_time", 2)]
    sent = upload(keys, SUITES)
    assert read_prekeys(sent, ALICE.amid).signed_prekey.id == 2
    assert [one.id for one in sent.one_time] == [2]


def test_the_same_keys_make_the_same_upload() -> None:
    keys = [*MEDIUM, kept("one_time", 1)]
    assert upload(keys, SUITES) == upload(keys[::-1], SUITES)


def test_an_upload_that_lacks_a_kind_is_a_mistake_of_ours() -> None:
    with pytest.raises(UsageError) as caught:
        upload(MEDIUM[:2], SUITES)
    assert caught.value.code == "prekeys_missing"
    assert "kem" in caught.value.message


def test_a_prekey_shows_no_private_half() -> None:
    key = made("one_time")
    assert key.private.reveal().hex() not in repr(key)
    assert repr(key.private.reveal())[2:-1] not in repr(key)
