"""What ties certificates to a session."""

from dataclasses import replace

from agentmesh.protocol.certificates.session import check_session
from agentmesh.protocol.limits import SESSION_CERTIFICATE_SECONDS
from agentmesh.session.bond import digest, show
from agentmesh.session.events import Accepted, Allowed, Vouched
from agentmesh.session.states import Open
from tests.support.dialogue import Dialogue, answer_to, knocking
from tests.support.forgery.of_answers import ANSWERER, ASKER, CLOCK, answered
from tests.support.vouching import ALICE, fleet


def test_both_sides_have_the_same_bond_each_from_its_side() -> None:
    alice, knocked = knocking(ASKER, ANSWERER)
    bob = Dialogue(ANSWERER, knocked)
    yes = answer_to(alice, bob.say(Allowed(ANSWERER.responder())))
    assert isinstance(yes, Accepted)
    alice.say(yes)
    alice.say(Vouched())
    assert isinstance(alice.state, Open)
    assert isinstance(bob.state, Open)
    here, there = alice.state.bond, bob.state.bond
    assert here is not None
    assert there is not None
    assert (here.ours, here.theirs, here.ephemeral) == (there.theirs, there.ours, there.ephemeral)
    assert here.ours != here.theirs
    assert there.shown == digest(tuple(fleet()))
    assert there.until == CLOCK.now() + SESSION_CERTIFICATE_SECONDS


def test_what_is_shown_is_of_the_session_and_of_now() -> None:
    state = answered()
    this = state.bond.of_peer(state.terms.session_id)
    key = bytes(ALICE.verify_key)
    until = check_session(state.accept.certificate_chain[0], this, key, CLOCK.now())
    assert until == CLOCK.now() + SESSION_CERTIFICATE_SECONDS


def test_who_has_no_chain_shows_nothing() -> None:
    tie, ring = answered().bond, replace(ASKER.ring, certificates=())
    assert show(answered().terms.session_id, tie, ring) == (tie, ())
