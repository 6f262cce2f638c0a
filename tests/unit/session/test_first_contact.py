"""KNOCK, ACCEPT, REJECT: what is checked before a session key exists."""

import msgspec
import pytest

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.protocol.frames import Accept, SessionStub
from agentmesh.protocol.signed import Purpose, read
from agentmesh.session.effects import DropAll, Emit, Fail, Over, SpendPrekey
from agentmesh.session.events import Accepted, Allowed, Denied, Rejected, Resolved
from agentmesh.session.states import Ended, Knocked, Knocking, Open, Resolving
from tests.support.dialogue import (
    SUITE,
    Dialogue,
    answer_to,
    event_of,
    frames_in,
    knocking,
    terms,
)
from tests.support.parties import party
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB, EVE = party("alice", CLOCK), party("bob", CLOCK), party("eve", CLOCK)


def accepted() -> tuple[Dialogue, Accepted]:
    alice, knocked = knocking(ALICE, BOB)
    event = answer_to(alice, Dialogue(BOB, knocked).say(Allowed(BOB.responder())))
    assert isinstance(event, Accepted)
    return alice, event


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("suite", "x3dh-only.v1"),
        ("knock_id", "another"),
        ("session_id", "another"),
        ("sender", EVE.amid),
        ("to", EVE.amid),
    ],
)
def test_an_accept_of_something_else_is_not_taken(field: str, value: str) -> None:
    alice, event = accepted()
    wrong: Accept = msgspec.structs.replace(event.accept, **{field: value})
    with pytest.raises(RemoteProtocolError):
        alice.say(Accepted(wrong, event.signer))
    assert isinstance(alice.state, Knocking)


def test_an_accept_signed_by_somebody_else_is_not_taken() -> None:
    alice, event = accepted()
    with pytest.raises(RemoteProtocolError):
        alice.say(Accepted(event.accept, EVE.amid))


@pytest.mark.parametrize("field", ["session_id", "initiator", "receiver", "suite"])
def test_a_session_receipt_about_something_else_is_not_co_signed(field: str) -> None:
    alice, event = accepted()
    stub = read(event.accept.receipt_stub, SessionStub, Purpose.SESSION_RECEIPT)
    other = msgspec.structs.replace(stub, **{field: EVE.amid})
    signed = BOB.ring.identity.sign(other, Purpose.SESSION_RECEIPT)
    wrong = msgspec.structs.replace(event.accept, receipt_stub=signed)
    with pytest.raises(RemoteProtocolError, match="session_receipt_differs"):
        alice.say(Accepted(wrong, event.signer))


def test_a_session_receipt_signed_by_a_third_party_is_not_co_signed() -> None:
    alice, event = accepted()
    stub = read(event.accept.receipt_stub, SessionStub, Purpose.SESSION_RECEIPT)
    signed = EVE.ring.identity.sign(stub, Purpose.SESSION_RECEIPT)
    wrong = msgspec.structs.replace(event.accept, receipt_stub=signed)
    with pytest.raises(RemoteProtocolError, match="session_receipt_differs"):
        alice.say(Accepted(wrong, event.signer))


def test_a_refusal_by_somebody_else_is_not_taken() -> None:
    alice, knocked = knocking(ALICE, BOB)
    event = answer_to(alice, Dialogue(BOB, knocked).say(Denied("low_reputation")))
    assert isinstance(event, Rejected)
    with pytest.raises(RemoteProtocolError):
        alice.say(Rejected(event.reject, EVE.amid))
    assert isinstance(alice.state, Knocking)


def test_a_one_time_prekey_is_spent_by_the_first_words_and_not_before() -> None:
    alice, knocked = knocking(ALICE, BOB)
    bob = Dialogue(BOB, knocked)
    effects = bob.say(Allowed(BOB.responder()))
    alice.say(answer_to(alice, effects))
    assert not any(isinstance(effect, SpendPrekey) for effect in bob.effects)
    bob.effects.clear()
    for frame in frames_in(alice.effects):
        first = bob.say(event_of(frame))
        assert SpendPrekey(1) in first
        assert DropAll("accept") in first
    assert isinstance(bob.state, Open)
    assert (bob.state.accept, bob.state.one_time_prekey) == (b"", None)


def test_a_refused_knock_derives_no_key_and_spends_nothing() -> None:
    _, knocked = knocking(ALICE, BOB)
    bob = Dialogue(BOB, knocked)
    effects = bob.say(Denied("low_reputation"))
    assert isinstance(bob.state, Ended)
    assert bob.state.cipher is None
    assert not any(isinstance(effect, SpendPrekey) for effect in effects)


def test_other_keys_than_the_knock_was_made_for_open_no_words() -> None:
    alice, knocked = knocking(ALICE, BOB)
    bob = Dialogue(BOB, knocked)
    accepted = answer_to(alice, bob.say(Allowed(EVE.responder())))
    alice.effects.clear()
    alice.say(accepted)
    (first,) = frames_in(alice.effects)
    with pytest.raises(CryptoError):
        bob.say(event_of(first))
    assert bob.heard == {}


def test_a_suite_the_bundle_does_not_know_begins_nothing() -> None:
    alice = Dialogue(ALICE, Resolving(terms=terms(ALICE, BOB, ours=True)))
    effects = alice.say(Resolved(BOB.verified(), "unheard-of.v9"))
    assert isinstance(alice.state, Ended)
    assert not any(isinstance(effect, Emit) for effect in effects)
    assert any(isinstance(effect, Fail) for effect in effects)
    assert any(isinstance(effect, Over) for effect in effects)


def test_both_sides_agree_on_the_suite_and_the_terms() -> None:
    alice, knocked = knocking(ALICE, BOB)
    assert isinstance(knocked, Knocked)
    bob = Dialogue(BOB, knocked)
    alice.say(answer_to(alice, bob.say(Allowed(BOB.responder()))))
    assert isinstance(alice.state, Open)
    assert isinstance(bob.state, Open)
    assert alice.state.suite == bob.state.suite == SUITE
    assert alice.state.terms.session_id == bob.state.terms.session_id
    assert alice.state.constraints == bob.state.constraints
