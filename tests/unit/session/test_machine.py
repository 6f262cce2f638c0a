"""A session as a dialogue: from the first KNOCK to the good-bye."""

import msgspec
import pytest

from agentmesh.errors import AgentMeshError, RemoteProtocolError
from agentmesh.protocol.frames import Reject
from agentmesh.session.effects import AskPolicy, Emit, Fail, Over, StartOver
from agentmesh.session.events import (
    Allowed,
    Close,
    Denied,
    Heard,
    KnockRepeated,
    Lost,
    PrekeyStale,
    Read,
    Rejected,
    Resolved,
    Superseded,
    Unresolvable,
)
from agentmesh.session.numbers import Numbers
from agentmesh.session.states import Ended, Knocked, Knocking, Open, Resolving
from tests.support.dialogue import (
    SUITE,
    Dialogue,
    answer_to,
    carry,
    changed,
    event_of,
    frames_in,
    knocking,
    opened,
    terms,
)
from tests.support.parties import party
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)


def test_messages_wait_until_the_peer_accepts() -> None:
    alice, knocked = knocking(ALICE, BOB)
    assert alice.send("one", "two") == []
    bob = Dialogue(BOB, knocked)
    alice.say(answer_to(alice, bob.say(Allowed(BOB.responder()))))
    bob.effects.clear()
    carry(alice, bob)
    assert bob.shown_texts() == ["one", "two"]


def test_both_may_talk_once_it_is_open() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    bob.send("hi")
    alice.send("how are you?")
    carry(alice, bob)
    assert alice.shown_texts() == ["hi"]
    assert bob.shown_texts() == ["hello", "how are you?"]


def test_many_that_wait_travel_in_one_frame() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    effects = alice.send(*(f"word {number}" for number in range(40)))
    assert len([effect for effect in effects if isinstance(effect, Emit)]) == 1
    carry(alice, bob)
    assert len(bob.shown_texts()) == 41


def test_both_hold_the_co_signed_receipt_of_the_session() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    assert isinstance(alice.state, Open)
    assert isinstance(bob.state, Open)
    assert alice.state.our_stub == bob.state.peer_stub
    assert alice.state.peer_stub == bob.state.our_stub
    assert alice.state.our_stub.payload == bob.state.our_stub.payload


def test_a_refusal_fails_what_was_held_and_is_repeated_for_a_repeated_knock() -> None:
    alice, knocked = knocking(ALICE, BOB)
    alice.send("please")
    bob = Dialogue(BOB, knocked)
    effects = bob.say(Denied("low_reputation", "No.", 60))
    again = bob.say(KnockRepeated())
    assert frames_in(again) == frames_in(effects)
    assert Fail(refused=True, reason="low_reputation", retry_after_seconds=60) in alice.say(
        answer_to(alice, effects)
    )
    assert isinstance(alice.state, Ended)


def test_a_silent_refusal_says_nothing_ever() -> None:
    _, knocked = knocking(ALICE, BOB)
    bob = Dialogue(BOB, knocked)
    assert frames_in(bob.say(Denied("dismissed", silent=True))) == []
    assert frames_in(bob.say(KnockRepeated())) == []


def test_waiting_for_the_owner_is_not_yet_a_refusal() -> None:
    alice, knocked = knocking(ALICE, BOB)
    bob = Dialogue(BOB, knocked)
    alice.say(answer_to(alice, bob.say(Denied("awaiting_owner"))))
    assert isinstance(alice.state, Knocking)
    assert alice.state.awaits_owner


def test_who_was_told_to_wait_for_the_owner_can_still_be_let_in() -> None:
    alice, knocked = knocking(ALICE, BOB)
    bob = Dialogue(BOB, knocked)
    alice.say(answer_to(alice, bob.say(Denied("awaiting_owner"))))
    assert isinstance(bob.state, Knocked)
    bob.effects.clear()
    alice.say(answer_to(alice, bob.say(Allowed(BOB.responder()))))
    assert isinstance(alice.state, Open)


def test_a_stale_prekey_is_tried_once_more_with_fresh_keys() -> None:
    alice, _ = knocking(ALICE, BOB)
    alice.say(PrekeyStale())
    assert isinstance(alice.state, Resolving)
    alice.say(Resolved(BOB.verified(), SUITE))
    assert alice.say(PrekeyStale()) == [], "an unsigned word ends nothing"
    assert isinstance(alice.state, Knocking)


def again_at_the_last_try() -> Dialogue:
    alice = Dialogue(ALICE, Resolving(terms=terms(ALICE, BOB, ours=True), again=True))
    alice.say(Resolved(BOB.verified(), SUITE))
    return alice


def test_a_knock_that_is_lost_is_repeated_once() -> None:
    alice, _ = knocking(ALICE, BOB)
    assert StartOver(last_try=True) in alice.say(Lost())
    alice = again_at_the_last_try()
    effects = alice.say(Lost())
    assert Fail(refused=False, reason="session_lost") in effects
    assert not any(isinstance(effect, StartOver) for effect in effects)


def test_a_signed_word_of_stale_prekeys_is_believed_once() -> None:
    for is_last in (False, True):
        alice = again_at_the_last_try() if is_last else knocking(ALICE, BOB)[0]
        state = alice.state
        assert isinstance(state, Knocking)
        reject = Reject(
            knock_id=state.terms.session_id,
            reason="stale_prekey",
            timestamp=0,
            sender=BOB.amid,
            to=ALICE.amid,
        )
        effects = alice.say(Rejected(reject, BOB.amid))
        assert (StartOver(last_try=True) in effects) is not is_last
        assert (Fail(refused=True, reason="stale_prekey") in effects) is is_last


def test_keys_that_do_not_verify_begin_nothing() -> None:
    eve = party("eve", CLOCK)
    alice = Dialogue(ALICE, Resolving(terms=terms(ALICE, BOB, ours=True)))
    effects = alice.say(Resolved(eve.verified(), SUITE))
    assert Fail(refused=False, reason="bundle_invalid") in effects
    assert frames_in(effects) == []


def test_an_unknown_peer_fails_what_was_held() -> None:
    alice = Dialogue(ALICE, Resolving(terms=terms(ALICE, BOB, ours=True)))
    assert Fail(refused=False, reason="agent_not_found") in alice.say(
        Unresolvable("agent_not_found")
    )


def test_an_answer_to_another_knock_is_not_taken() -> None:
    alice, _ = knocking(ALICE, BOB)
    other, knocked = knocking(ALICE, BOB)
    effects = Dialogue(BOB, knocked).say(Allowed(BOB.responder()))
    event = answer_to(other, effects)
    with pytest.raises(RemoteProtocolError, match="answer_not_to_our_knock"):
        alice.say(event)
    assert isinstance(alice.state, Knocking)


def test_a_bad_message_changes_nothing() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    (frame,) = frames_in(alice.send("secret"))
    before = bob.state
    flipped = bytes([frame.ciphertext[0] ^ 1]) + frame.ciphertext[1:]  # type: ignore[union-attr]
    with pytest.raises(AgentMeshError):
        bob.say(Heard(changed(frame, ciphertext=flipped)))  # type: ignore[arg-type]
    assert bob.state == before
    carry(alice, bob)
    assert bob.shown_texts() == ["hello", "secret"]


@pytest.mark.parametrize("payload", [b"no json", b"", b"\xff", b'{"a":1,"a":2}', b"[" * 40])
def test_words_that_are_no_json_are_neither_heard_nor_confirmed(payload: bytes) -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    alice.tell(msgspec.structs.replace(alice.saying(""), payload=payload))
    (frame,) = frames_in(alice.effects)
    before = bob.state
    with pytest.raises(RemoteProtocolError, match=r"json|JSON"):
        bob.say(event_of(frame))
    assert bob.state == before


def test_what_comes_twice_is_confirmed_twice_and_heard_once() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    (frame,) = frames_in(alice.send("again"))
    assert frames_in(bob.say(Heard(frame)))  # type: ignore[arg-type]
    assert len(frames_in(bob.say(Heard(frame)))) == 1  # type: ignore[arg-type]
    assert list(bob.heard.values()) == ["hello", "again"]


def test_a_gap_hides_what_comes_after_it_until_it_is_filled() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    (first,) = frames_in(alice.send("first"))
    (second,) = frames_in(alice.send("second"))
    bob.say(Heard(second))  # type: ignore[arg-type]
    assert bob.shown_texts() == ["hello"]
    bob.say(Heard(first))  # type: ignore[arg-type]
    assert bob.shown_texts() == ["hello", "first", "second"]


def test_closing_ends_it_on_both_sides_after_everything_was_said() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    (last,) = frames_in(alice.send("last words"))
    (bye,) = frames_in(alice.say(Close("maintenance")))
    alice.effects.clear()
    bob.say(Heard(bye))  # type: ignore[arg-type]
    assert isinstance(bob.state, Open), "a good-bye waits for what was said before it"
    bob.say(Heard(last))  # type: ignore[arg-type]
    assert isinstance(bob.state, Ended)
    assert bob.shown_texts() == ["hello", "last words"]
    carry(alice, bob)
    assert isinstance(alice.state, Ended)


def test_an_ended_session_still_confirms_repetitions() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    (bye,) = frames_in(alice.say(Close("maintenance")))
    bob.say(Heard(bye))  # type: ignore[arg-type]
    assert len(frames_in(bob.say(Heard(bye)))) == 1  # type: ignore[arg-type]


def test_a_lost_session_is_started_over() -> None:
    alice, _ = opened(ALICE, BOB, "hello")
    effects = alice.say(Lost())
    assert StartOver(taken=Numbers(2)) in effects
    assert Over("session_lost", by_peer=True) in effects


def test_the_sender_learns_what_was_read() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    bob.say(Read((2,)))
    carry(alice, bob)
    assert isinstance(alice.state, Open)
    assert 2 in alice.state.read_by_peer


def test_the_loser_of_a_tie_says_its_words_in_the_other_session() -> None:
    alice, _ = knocking(ALICE, BOB)
    assert StartOver() in alice.say(Superseded())


def test_their_knock_asks_policy_nothing_by_itself() -> None:
    _, knocked = knocking(ALICE, BOB)
    bob = Dialogue(BOB, knocked)
    assert AskPolicy() not in bob.say(KnockRepeated())
