"""The session receipt: both sign how it ended, and nobody can veto."""

import msgspec
import pytest

from agentmesh.messages.payloads import OPENING, Opening
from agentmesh.protocol.session_receipt import prove
from agentmesh.protocol.signed import Purpose
from agentmesh.session import outcome
from agentmesh.session.effects import AnyEffect, KeepReceipt
from agentmesh.session.events import Close, Expired
from agentmesh.session.outcome import Closed
from agentmesh.session.parcels import own_saying, send
from agentmesh.session.states import Resting
from tests.support.dialogue import Dialogue, carry, event_of, frames_in
from tests.support.parties import party
from tests.support.session_kinds import open_state, proven_by, talking
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)


def completed(alice: Dialogue, bob: Dialogue) -> list[list[AnyEffect]]:
    """Let Alice complete the session; return what came of it at each side."""
    kept: list[list[AnyEffect]] = [[], []]
    alice.say(Close("completed"))
    while alice.effects or bob.effects:
        for side, there, place in ((alice, bob, 1), (bob, alice, 0)):
            effects, side.effects = side.effects, []
            for frame in frames_in(effects):
                kept[place] += there.say(event_of(frame))
    return kept


def test_both_keep_the_same_outcome_signed_by_both() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1", "2")
    bob.send("a")
    carry(alice, bob)
    kept = completed(alice, bob)
    proofs = [proven_by(effects) for effects in kept]
    assert proofs[0] == proofs[1]
    ended = proofs[0].outcome
    assert ended is not None
    assert (ended.initiator, ended.receiver) == (ALICE.amid, BOB.amid)
    assert (ended.outcome, ended.initiator_messages, ended.receiver_messages) == ("completed", 2, 1)
    assert ended.transcript is not None


def test_either_side_may_complete_it() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1", "2")
    bob.send("a")
    ended = proven_by(completed(bob, alice)[0]).outcome
    assert ended is not None
    assert (ended.initiator_messages, ended.receiver_messages) == (2, 1)
    assert ended.transcript is not None


def test_other_words_give_another_transcript() -> None:
    hashes = set()
    for words in (("1", "2"), ("1", "3"), ("12",)):
        ended = proven_by(completed(*talking(ALICE, BOB, "conversation", *words))[0]).outcome
        assert ended is not None
        hashes.add(ended.transcript)
    assert len(hashes) == 3


def test_where_a_message_crossed_the_close_there_is_an_outcome_without_a_transcript() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    bob.send("crossing")
    late, bob.effects = bob.effects, []
    kept = completed(alice, bob)
    ended = proven_by(kept[0]).outcome
    assert ended is not None
    assert (ended.transcript, ended.receiver_messages) == (None, 0)
    assert frames_in(late)


def test_a_tombstone_in_the_place_of_a_message_leaves_no_transcript() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    alice.send("never")
    alice.effects.clear()
    alice.say(Expired((3,)))
    ended = proven_by(completed(alice, bob)[0]).outcome
    assert ended is not None
    assert (ended.transcript, ended.initiator_messages) == (None, 2)


def test_the_stub_is_kept_from_the_beginning_whoever_closes() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    for side in (alice, bob):
        (kept,) = outcome.kept_stub(open_state(side))
        assert prove(kept.receipt).outcome is None
    assert outcome.kept_stub(msgspec.structs.replace(open_state(bob), peer_stub=None)) == []


def test_nobody_takes_an_outcome_back_by_opening_again() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    completed(alice, bob)
    assert isinstance(alice.state, Resting)
    talk = alice.state.talk
    opening = own_saying(OPENING, msgspec.msgpack.encode(Opening(stub=talk.our_stub)), ALICE.ring)
    for frame in frames_in(send(talk, (opening,), ALICE.ring)[1]):
        effects = bob.say(event_of(frame))
        assert not any(isinstance(effect, KeepReceipt) for effect in effects)


def test_an_end_in_anger_has_no_outcome() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    effects = alice.say(Close("killed_by_owner"))
    for frame in frames_in(effects):
        effects += bob.say(event_of(frame))
    assert not any(isinstance(effect, KeepReceipt) for effect in effects)


def test_who_does_not_agree_signs_nothing_and_it_ends_all_the_same() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    bob.state = msgspec.structs.replace(bob.state, heard=7)
    kept = completed(alice, bob)
    assert not any(isinstance(effect, KeepReceipt) for effect in [*kept[0], *kept[1]])
    assert isinstance(alice.state, Resting)


@pytest.mark.parametrize("wrong", [b"", b"{}", b'{"outcome": 1}', b"\xff"])
def test_an_answer_without_an_outcome_keeps_nothing(wrong: bytes) -> None:
    alice, _ = talking(ALICE, BOB, "conversation", "1")
    assert outcome.answered(open_state(alice), wrong) == []


def test_an_outcome_that_we_did_not_offer_is_not_kept() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    alice.say(Close("completed"))
    state = open_state(alice)
    other = outcome.offers(msgspec.structs.replace(open_state(bob), heard=9), BOB.ring)[0]
    ours = state.outcomes[0]
    forged = msgspec.structs.replace(other, payload=ours.payload)
    stolen = ALICE.ring.identity.countersign(ours, Purpose.SESSION_OUTCOME)
    for wrong in (other, forged, stolen):
        payload = msgspec.json.encode(Closed(outcome=wrong))
        assert outcome.answered(state, payload) == []


def test_what_crossed_one_end_does_not_spoil_the_next() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    bob.send("crossing")
    bob.effects.clear()
    completed(alice, bob)
    alice.send("2")
    carry(alice, bob)
    bob.send("answer")
    carry(alice, bob)
    proofs = [proven_by(effects).outcome for effects in completed(alice, bob)]
    assert proofs[0] == proofs[1]
    assert proofs[0] is not None
    assert (proofs[0].initiator_messages, proofs[0].receiver_messages) == (2, 1)
