from dataclasses import replace

import msgspec
import pytest

from agentmesh.crypto import suites
from agentmesh.crypto.pqxdh import Greeting, Responder, Root, combine, initiate, respond
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, Refused
from agentmesh.protocol.frames import Handshake
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.records import OneTimePrekey
from tests.support.crypto_parties import KNOCK, Party, handshake, seeded

ALICE, BOB, EVE = Party.make("alice"), Party.make("bob"), Party.make("eve")
LOW_ORDER = b"\x01" + bytes(31)


def begin(bob: Party = BOB) -> tuple[Handshake, Root]:
    us = ALICE.as_initiator()
    return initiate(us, KNOCK, bob.verified(), suites.PQXDH_DR, seeded("begin"))


def answers(us: Responder, greeting: Greeting, root: Root) -> bool:
    return respond(us, greeting) == root


@pytest.mark.parametrize("one_time", [True, False])
def test_both_sides_arrive_at_the_same_root(one_time: bool) -> None:
    ours, theirs = handshake(ALICE, Party.make("bob", one_time=one_time))
    assert ours == theirs


def test_no_two_handshakes_have_the_same_root() -> None:
    # The KEM draws for itself, so even the same entropy gives another root.
    assert begin()[1] != begin()[1]


def test_the_prekeys_used_are_named() -> None:
    sent, _ = begin()
    assert sent.peer_exchange_key_id == BOB.exchange.id
    assert sent.peer_suites_sequence == BOB.suites.sequence
    assert sent.signed_prekey_id == BOB.signed_prekey.id
    assert sent.kem_prekey_id == BOB.kem_prekey.id
    assert BOB.one_time is not None
    assert sent.one_time_prekey_id == BOB.one_time.id


@pytest.mark.parametrize(
    "other",
    [
        {"peer_exchange_key_id": 99},
        {"peer_suites_sequence": 99},
        {"signed_prekey_id": 99},
        {"kem_prekey_id": 99},
        {"one_time_prekey_id": 99},
        {"one_time_prekey_id": None},
    ],
)
def test_a_handshake_for_other_keys_is_stale(other: dict[str, int | None]) -> None:
    sent, _ = begin()
    with pytest.raises(CryptoError, match="made for other keys") as caught:
        respond(BOB.as_responder(), ALICE.greeting(msgspec.structs.replace(sent, **other)))
    assert caught.value.code == "stale_prekey"


@pytest.mark.parametrize("field", ["exchange_key", "signed_prekey", "kem_prekey", "one_time"])
def test_a_key_swapped_under_its_number_gives_another_root(field: str) -> None:
    sent, root = begin()
    us, eve = BOB.as_responder(), EVE.as_responder()
    swapped = msgspec.structs.replace(getattr(eve, field), id=getattr(us, field).id)
    us = msgspec.structs.replace(us, **{field: swapped})
    assert not answers(us, ALICE.greeting(sent), root)


def test_another_knock_another_ephemeral_or_another_ciphertext_gives_another_root() -> None:
    sent, root = begin()
    greeting = ALICE.greeting(sent)
    other_id = msgspec.structs.replace(greeting, knock_id=SessionId("other"))
    assert not answers(BOB.as_responder(), other_id, root)
    again, _ = begin()
    forged = msgspec.structs.replace(sent, kem_ciphertext=again.kem_ciphertext)
    assert not answers(BOB.as_responder(), ALICE.greeting(forged), root)
    forged = msgspec.structs.replace(sent, ephemeral=EVE.exchange.public)
    assert not answers(BOB.as_responder(), ALICE.greeting(forged), root)


def test_a_list_of_suites_stripped_on_the_way_gives_another_root() -> None:
    sent, root = begin()
    longer = replace(
        ALICE, suites=msgspec.structs.replace(ALICE.suites, suites=(suites.PQXDH_DR, suites.OLM))
    )
    assert not answers(BOB.as_responder(), longer.greeting(sent), root)
    bob = replace(
        BOB, suites=msgspec.structs.replace(BOB.suites, suites=(suites.PQXDH_DR, suites.OLM))
    )
    assert not answers(bob.as_responder(), ALICE.greeting(sent), root)


def test_the_initiators_documents_must_be_the_knockers_own() -> None:
    sent, _ = begin()
    stolen = msgspec.structs.replace(sent, exchange_key=EVE.signed_exchange_key())
    with pytest.raises(CryptoError, match="bundle_invalid"):
        respond(BOB.as_responder(), ALICE.greeting(stolen))
    greeting = msgspec.structs.replace(ALICE.greeting(sent), suites=EVE.signed_suites())
    with pytest.raises(CryptoError, match="bundle_invalid"):
        respond(BOB.as_responder(), greeting)


def test_points_of_low_order_are_refused_on_both_sides() -> None:
    bundle = BOB.verified()
    assert bundle.one_time is not None
    planted = msgspec.structs.replace(bundle, one_time=OneTimePrekey(9, LOW_ORDER))
    with pytest.raises(CryptoError, match="point_invalid"):
        initiate(ALICE.as_initiator(), KNOCK, planted, suites.PQXDH_DR, seeded("low"))
    sent, _ = begin()
    forged = msgspec.structs.replace(sent, ephemeral=LOW_ORDER)
    with pytest.raises(CryptoError, match="point_invalid"):
        respond(BOB.as_responder(), ALICE.greeting(forged))


def test_no_two_suites_begin_with_the_same_root() -> None:
    sent, ours = begin()
    named = msgspec.structs.replace(sent, suite=suites.X3DH_ONLY)
    theirs = respond(BOB.as_responder(), ALICE.greeting(named))
    assert theirs.transcript != ours.transcript
    assert theirs.secret != ours.secret


def test_an_unknown_suite_has_no_handshake() -> None:
    with pytest.raises(Refused):
        initiate(ALICE.as_initiator(), KNOCK, BOB.verified(), "unheard-of.v9", seeded("x"))
    sent, _ = begin()
    named = msgspec.structs.replace(sent, suite="unheard-of.v9")
    with pytest.raises(Refused):
        respond(BOB.as_responder(), ALICE.greeting(named))


def test_the_key_material_is_the_papers() -> None:
    shared = [b"1" * 32, b"2" * 32, b"3" * 32, b"4" * 32]
    expected = b"\xff" * 32 + b"".join(shared) + b"k" * 32
    assert combine(shared, Secret(b"k" * 32)).reveal() == expected
