"""Parcels, windows, tombstones, the end."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.envelope import Envelope, Parcel, encode_parcel
from agentmesh.messages.payloads import OPENING, Opening
from agentmesh.protocol.frames import SessionStub, encode
from agentmesh.protocol.ids import MessageId, uuid7
from agentmesh.protocol.limits import (
    MAX_FRAME,
    MAX_IN_FLIGHT,
    MAX_PARCEL_MESSAGES,
    MAX_PAYLOAD,
    MAX_SKIPPED,
)
from agentmesh.protocol.signed import Purpose, read
from agentmesh.session.conversation import take
from agentmesh.session.effects import (
    AnyEffect,
    Emit,
    Fail,
    Hear,
    Number,
    Over,
    ShowUpTo,
    StartOver,
)
from agentmesh.session.events import Allowed, Close, Expired, Heard, Lost, Unheld
from agentmesh.session.numbers import Numbers
from agentmesh.session.parting import MAY_START_OVER
from agentmesh.session.states import Ended, Open
from tests.support.dialogue import (
    Dialogue,
    answer_to,
    carry,
    changed,
    event_of,
    frames_in,
    knocking,
    opened,
)
from tests.support.parties import party
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)


def _open(dialogue: Dialogue) -> Open:
    assert isinstance(dialogue.state, Open)
    return dialogue.state


def test_no_more_than_the_window_is_in_flight() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    effects = alice.send(*(str(number) for number in range(MAX_IN_FLIGHT + 20)))
    assert sum(len(e.messages) for e in effects if isinstance(e, Number)) == MAX_IN_FLIGHT
    assert _open(alice).holding
    assert alice.send("later") == [], "nothing overtakes what is held"
    assert len(bob.heard) == 1


def test_the_opening_counts_in_the_first_window() -> None:
    alice, knocked = knocking(ALICE, BOB)
    alice.send(*(str(number) for number in range(MAX_IN_FLIGHT + 20)))
    bob = Dialogue(BOB, knocked)
    alice.say(answer_to(alice, bob.say(Allowed(BOB.responder()))))
    assert _open(alice).next_sequence == MAX_IN_FLIGHT + 1


def test_large_messages_travel_in_frames_of_their_own() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    words = [letter * (MAX_PAYLOAD - 2) for letter in "abc"]
    frames = frames_in(alice.send(*words))
    assert len(frames) == 3
    assert all(len(encode(frame)) <= MAX_FRAME for frame in frames)
    carry(alice, bob)
    assert bob.shown_texts() == ["hello", *words]


def test_a_parcel_holds_a_bounded_number() -> None:
    alice, _ = opened(ALICE, BOB, "hello")
    effects = alice.send(*(str(number) for number in range(MAX_PARCEL_MESSAGES + 1)))
    assert len(frames_in(effects)) == 2


def test_the_responder_holds_its_words_until_the_initiator_has_spoken() -> None:
    alice, knocked = knocking(ALICE, BOB)
    bob = Dialogue(BOB, knocked)
    accepted = answer_to(alice, bob.say(Allowed(BOB.responder())))
    bob.effects.clear()
    assert bob.send("welcome") == []
    alice.say(accepted)
    carry(alice, bob)
    assert alice.shown_texts() == ["welcome"]


def test_what_expired_is_replaced_and_the_rest_is_shown() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    alice.send("expires")
    alice.effects.clear()
    alice.say(Expired((3,)))
    alice.send("arrives")
    carry(alice, bob)
    assert bob.shown_texts() == ["hello", "arrives"]
    assert _open(alice).own_frames == ()


def test_of_a_tombstone_and_the_original_the_first_wins() -> None:
    for tombstone_first in (True, False):
        alice, bob = opened(ALICE, BOB, "hello")
        (original,) = frames_in(alice.send("late"))
        (tombstone,) = frames_in(alice.say(Expired((3,))))
        order = [tombstone, original] if tombstone_first else [original, tombstone]
        for frame in order:
            bob.say(event_of(frame))
        assert bob.shown_texts() == (["hello"] if tombstone_first else ["hello", "late"])


def test_a_tombstone_is_offered_until_all_its_numbers_are_confirmed() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    alice.send("never")
    (second,) = frames_in(alice.send("comes late"))
    alice.effects.clear()
    alice.say(Expired((3, 4)))
    alice.effects.clear()
    for effect in bob.say(event_of(second)):
        if frames_in([effect]):
            alice.say(event_of(frames_in([effect])[0]))
    ((numbers, _),) = _open(alice).own_frames
    assert numbers == (3, 4)


def test_what_was_confirmed_needs_no_tombstone() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    carry(alice, bob)
    assert alice.say(Expired((2,))) == []


def test_an_opening_that_expired_with_the_first_words_is_said_again() -> None:
    alice, knocked = knocking(ALICE, BOB)
    alice.send("expires")
    bob = Dialogue(BOB, knocked)
    accepted = answer_to(alice, bob.say(Allowed(BOB.responder())))
    bob.effects.clear()
    alice.say(accepted)
    alice.effects.clear()
    alice.say(Expired((2,)))
    carry(alice, bob)
    assert _open(bob).peer_stub == _open(alice).our_stub
    assert _open(alice).confirmed.up_to == 2


def test_a_message_that_expires_while_closing_does_not_hold_up_the_end() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    alice.send("never")
    alice.effects.clear()
    alice.say(Close("maintenance"))
    alice.say(Expired((3,)))
    carry(alice, bob)
    assert isinstance(alice.state, Ended)
    assert isinstance(bob.state, Ended)


def test_closing_before_the_initiator_has_spoken_waits_for_its_first_word() -> None:
    alice, knocked = knocking(ALICE, BOB)
    alice.send("hello")
    bob = Dialogue(BOB, knocked)
    accepted = answer_to(alice, bob.say(Allowed(BOB.responder())))
    bob.effects.clear()
    effects = bob.say(Close("killed_by_owner"))
    assert Over("killed_by_owner", by_peer=False) in effects
    assert isinstance(bob.state, Open)
    alice.say(accepted)
    carry(alice, bob)
    assert isinstance(alice.state, Ended)
    assert alice.state.reason == "killed_by_owner"
    assert isinstance(bob.state, Ended)


def test_both_may_close_at_once() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    alice.say(Close("completed"))
    bob.say(Close("completed"))
    carry(alice, bob)
    assert isinstance(alice.state, Ended)
    assert isinstance(bob.state, Ended)


@pytest.mark.parametrize("reason", ["completed", "policy_violation"])
def test_what_the_peer_did_not_take_depends_on_why_it_closed(reason: str) -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    (bye,) = frames_in(bob.say(Close(reason)))
    effects = alice.say(event_of(bye))
    assert (StartOver(taken=Numbers(2)) in effects) == (reason in MAY_START_OVER)
    assert (Fail(refused=True, reason=reason) in effects) == (reason not in MAY_START_OVER)


def test_what_the_owner_ended_is_not_said_again_elsewhere() -> None:
    alice, _ = opened(ALICE, BOB, "hello")
    alice.send("unconfirmed")
    alice.say(Close("killed_by_owner"))
    effects = alice.say(Lost())
    assert StartOver() not in effects
    assert Fail(refused=False, reason="killed_by_owner") in effects


def test_a_gap_that_is_too_long_ends_the_session_and_starts_it_over() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    state = _open(alice)
    (frame,) = frames_in(alice.send("far ahead"))
    cipher = state.cipher
    for _ in range(MAX_SKIPPED + 2):
        cipher, frame = cipher.seal(b"", CLOCK.now(), ALICE.ring.entropy)
    effects = bob.say(Heard(frame))  # type: ignore[arg-type]
    assert StartOver() in effects
    assert Over("excessive_skip", by_peer=True) in effects


def _forged(alice: Dialogue, *envelopes: Envelope, **fields: object) -> Heard:
    """Return a frame of Alice's own making, with whatever she likes in it."""
    state = _open(alice)
    parcel = Parcel(
        session_id=state.terms.session_id, sender=ALICE.amid, to=BOB.amid, envelopes=envelopes
    )
    parcel = msgspec.structs.replace(parcel, **fields)
    signed = ALICE.ring.identity.sign(parcel, Purpose.PARCEL)
    _, frame = state.cipher.seal(encode_parcel(signed), CLOCK.now(), ALICE.ring.entropy)
    return Heard(frame)


def _envelope(kind: str, payload: bytes, sequence: int = 3) -> Envelope:
    name = MessageId(uuid7(CLOCK.now(), ALICE.ring.entropy))
    return Envelope(id=name, sequence=sequence, type=kind, timestamp=0, payload=payload)


def test_a_parcel_for_another_session_or_agent_is_not_opened() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    word = _envelope("text", b'"word"')
    for wrong in ({"session_id": "another"}, {"to": ALICE.amid}, {"sender": BOB.amid}):
        with pytest.raises(RemoteProtocolError):
            bob.say(_forged(alice, word, **wrong))
    bob.say(_forged(alice, word))
    assert bob.shown_texts() == ["hello", "word"]


def test_an_opening_that_does_not_co_sign_is_refused() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    stub = read(_open(alice).our_stub, SessionStub, Purpose.SESSION_RECEIPT)
    other = msgspec.structs.replace(stub, suite="another")
    signed = ALICE.ring.identity.sign(other, Purpose.SESSION_RECEIPT)
    for payload in (b"\xc1", msgspec.msgpack.encode(Opening(stub=signed))):
        with pytest.raises(RemoteProtocolError):
            bob.say(_forged(alice, _envelope(OPENING, payload)))


_TAKEN = _open(opened(ALICE, BOB, "hello")[1])
_KINDS = st.sampled_from(("text", "text", "tombstone", "ping", "response", "certificates"))
_WORDS = st.builds(_envelope, _KINDS, st.just(b'{"a":"b"}'), st.integers(1, 12))


@given(st.lists(_WORDS, max_size=10))
def test_a_parcel_is_taken_as_its_envelopes_are_one_by_one(words: list[Envelope]) -> None:
    together, effects = take(_TAKEN, tuple(words))
    alone, shown = _TAKEN, list[AnyEffect]()
    for word in words:
        alone, more = take(alone, (word,))
        shown += more
    assert together == alone
    steps = [it for it in shown if isinstance(it, ShowUpTo)]
    assert effects == [it for it in shown if isinstance(it, Hear)] + steps[-1:]


def test_a_good_bye_without_a_reason_is_one() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    effects = bob.say(_forged(alice, _envelope("close", b"\xff")))
    assert Over("error", by_peer=True) in effects


def test_a_frame_of_another_session_is_not_heard() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    other, _ = opened(ALICE, BOB, "other")
    (frame,) = frames_in(other.send("spliced"))
    session_id = alice.state.terms.session_id
    for spliced in (frame, changed(frame, session_id=session_id)):  # type: ignore[arg-type]
        before = bob.state
        with pytest.raises(Exception, match="frame_forged"):
            bob.say(Heard(spliced))  # type: ignore[arg-type]
        assert bob.state == before


def test_nothing_to_say_sends_nothing() -> None:
    alice, _ = opened(ALICE, BOB, "hello")
    assert [e for e in alice.say(Unheld(())) if isinstance(e, Emit)] == []
