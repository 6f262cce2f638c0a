"""The end: what both know of what was taken, and who answers whom."""

import msgspec
import pytest

from agentmesh.session.effects import Confirm, Fail, Over, StartOver
from agentmesh.session.events import Close, Expired, Lost, Overdue, Send
from agentmesh.session.numbers import Numbers
from agentmesh.session.parting import CAPACITY_EXCEEDED, Parting
from agentmesh.session.states import Ended, Open, Resting
from tests.support.dialogue import Dialogue, carry, event_of, frames_in
from tests.support.parties import party
from tests.support.session_kinds import answering, open_state, talking
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)


def test_a_message_that_crosses_the_close_is_not_taken_and_its_sender_knows() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    crossing = frames_in(bob.send("crossing"))
    bob.effects.clear()
    bye = frames_in(alice.say(Close("killed_by_owner")))
    alice.effects.clear()
    for frame in crossing:
        alice.say(event_of(frame))
    assert alice.shown_texts() == []
    effects = [effect for frame in bye for effect in bob.say(event_of(frame))]
    assert Fail(refused=True, reason="killed_by_owner") in effects
    carry(alice, bob)
    assert isinstance(alice.state, Ended)
    assert alice.shown_texts() == []


def test_a_message_that_was_taken_before_the_close_is_delivered_though_no_receipt_came() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    for frame in frames_in(bob.send("taken")):
        alice.say(event_of(frame))
    alice.effects.clear()  # the receipt is lost
    (bye,) = frames_in(alice.say(Close("killed_by_owner")))
    effects = bob.say(event_of(bye))
    confirmed = effects.index(Confirm(Numbers(1), consumed=False))
    assert confirmed < effects.index(Fail(refused=True, reason="killed_by_owner"))
    assert alice.shown_texts() == ["taken"]


def test_after_a_harmless_end_only_what_was_not_taken_is_said_elsewhere() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    for frame in frames_in(bob.send("taken")):
        alice.say(event_of(frame))
    bob.effects.clear()
    alice.effects.clear()
    bob.send("crossing")
    bob.effects.clear()
    (bye,) = frames_in(alice.say(Close("maintenance")))
    assert StartOver(taken=Numbers(1)) in bob.say(event_of(bye))


def test_a_lie_about_what_was_taken_confirms_nothing_that_was_not_said() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    alice.say(Close("maintenance"))
    payload = msgspec.json.encode({"reason": "maintenance", "received": {"up_to": 900}})
    state = msgspec.structs.replace(bob.state, close_at=(3, "maintenance"), parting=payload)
    bob.state = state
    effects = [e for frame in frames_in(alice.effects) for e in bob.say(event_of(frame))]
    assert all(it.numbers.up_to <= 900 for it in effects if isinstance(it, Confirm))
    assert msgspec.json.decode(payload, type=Parting).received.up_to == 900  # type: ignore[union-attr]


def test_a_session_out_of_time_says_so_and_what_is_held_is_said_elsewhere() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    effects = alice.say(Overdue())
    assert StartOver(held_only=True) in effects
    assert Over("session_expired", by_peer=False) in effects
    carry(alice, bob)
    assert isinstance(alice.state, Ended)
    assert isinstance(bob.state, Ended)
    assert bob.state.reason == "session_expired"


@pytest.mark.parametrize("kind", ["conversation", "request_response"])
def test_what_is_on_its_way_is_not_given_up_for_lack_of_time(kind: str) -> None:
    alice, bob = talking(ALICE, BOB, kind, "1")
    before = alice.state
    late = frames_in(alice.send("are you back?"))
    assert alice.say(Overdue()) == []
    for frame in late:
        bob.say(event_of(frame))
    carry(alice, bob)
    assert bob.shown_texts() == ["1", "are you back?"]
    assert alice.state != before
    assert any(isinstance(effect, Over) for effect in alice.say(Overdue()))


def test_what_expired_keeps_no_session_open() -> None:
    alice, _ = talking(ALICE, BOB, "conversation", "1")
    alice.send("are you back?")
    alice.say(Expired((3,)))
    assert Over("session_expired", by_peer=False) in alice.say(Overdue())


def test_a_request_that_nobody_answered_ends_by_timeout_on_both_sides() -> None:
    alice, bob = talking(ALICE, BOB, "request_response", "please")
    alice.say(Overdue())
    bob.say(Overdue())
    carry(alice, bob)
    assert (alice.state.reason, bob.state.reason) == ("timeout", "timeout")  # type: ignore[union-attr]


def test_a_good_bye_that_nobody_hears_does_not_last_for_ever() -> None:
    alice, _ = talking(ALICE, BOB, "conversation", "1")
    alice.say(Close("cancelled_by_initiator"))
    alice.say(Overdue())
    assert isinstance(alice.state, Ended)
    assert alice.state.reason == "cancelled_by_initiator"


# --- request and response ------------------------------------------------------------------------


def exchange(alice: Dialogue, bob: Dialogue, *, kind: str = "response") -> None:
    """Let Bob answer what Alice asked last."""
    asked = open_state(alice).unanswered[-1]
    bob.tell(answering(bob, "here", asked, kind))
    carry(alice, bob)


def test_a_request_closes_by_itself_once_it_is_answered() -> None:
    alice, bob = talking(ALICE, BOB, "request_response", "please")
    exchange(alice, bob, kind="status")
    assert isinstance(alice.state, Open), "how far it has come is no answer"
    exchange(alice, bob)
    assert isinstance(alice.state, Resting)
    assert isinstance(bob.state, Resting)
    assert (alice.state.by_peer, bob.state.by_peer) == (False, True)


def test_an_error_is_an_answer() -> None:
    alice, bob = talking(ALICE, BOB, "request_response", "please")
    exchange(alice, bob, kind="error")
    assert isinstance(alice.state, Resting)


def test_it_closes_when_the_last_of_several_requests_is_answered() -> None:
    alice, bob = talking(ALICE, BOB, "request_response", "one", "two")
    exchange(alice, bob)
    assert isinstance(alice.state, Open)
    exchange(alice, bob)
    assert isinstance(alice.state, Resting)


def test_an_answer_that_came_before_its_news_waits_for_them() -> None:
    alice, bob = talking(ALICE, BOB, "request_response", "please")
    asked = open_state(alice).unanswered[-1]
    news = frames_in(bob.tell(answering(bob, "half", asked, "status")))
    answer = frames_in(bob.tell(answering(bob, "here", asked)))
    bob.effects.clear()
    for frame in answer:
        alice.say(event_of(frame))
    assert isinstance(alice.state, Open)
    assert not alice.state.closing
    for frame in news:
        alice.say(event_of(frame))
    carry(alice, bob)
    assert alice.shown_texts() == ["half", "here"]
    assert isinstance(bob.state, Resting)


def test_exactly_one_good_bye_is_said() -> None:
    alice, bob = talking(ALICE, BOB, "request_response", "please")
    asked = open_state(alice).unanswered[-1]
    (answer,) = frames_in(bob.tell(answering(bob, "here", asked)))
    bob.effects.clear()
    said = alice.say(event_of(answer))
    assert [effect.reason for effect in said if isinstance(effect, Over)] == ["completed"]
    again = alice.say(event_of(answer))
    assert not any(isinstance(effect, Over) for effect in again)
    assert len(frames_in(again)) == 1, "a repetition is answered"


def test_a_new_request_waits_while_the_session_is_being_completed() -> None:
    alice, bob = talking(ALICE, BOB, "request_response", "please")
    asked = open_state(alice).unanswered[-1]
    (answer,) = frames_in(bob.tell(answering(bob, "here", asked)))
    bob.effects.clear()
    alice.say(event_of(answer))
    saying = alice.saying("and now?")
    alice.held.append(saying)
    assert alice.say(Send((saying,))) == []
    carry(alice, bob)
    assert bob.shown_texts() == ["please", "and now?"]
    assert isinstance(alice.state, Open)
    exchange(alice, bob)
    assert isinstance(alice.state, Resting)


def test_what_we_parted_from_and_the_peer_has_lost_ended_as_we_said() -> None:
    alice, _ = talking(ALICE, BOB, "conversation", "please")
    alice.say(Close("session_expired"))
    effects = alice.say(Lost())
    assert isinstance(alice.state, Ended)
    assert alice.state.reason == "session_expired"
    assert not any(isinstance(effect, Over) for effect in effects)


def test_what_was_on_its_way_before_a_good_bye_that_nobody_wished_for_is_not_lost_with_it() -> None:
    alice, _ = talking(ALICE, BOB, "conversation", "please")
    alice.send("on its way")
    alice.say(Close(CAPACITY_EXCEEDED))
    assert StartOver(taken=Numbers(2)) in alice.say(Lost())
    assert isinstance(alice.state, Ended)


def test_what_waits_for_a_session_that_is_lost_is_said_elsewhere() -> None:
    alice, _ = talking(ALICE, BOB, "conversation", "please")
    alice.say(Close("completed"))
    alice.say(Send((alice.saying("and now?"),)))
    effects = alice.say(Lost())
    assert StartOver(held_only=True) in effects
    assert isinstance(alice.state, Ended)


def test_what_waits_where_a_certificate_ran_out_is_said_elsewhere() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "please")
    bob.send("crossing")
    bob.effects.clear()
    effects = alice.say(Close("certificate_expired"))
    assert StartOver(held_only=True) in effects
    heard = [effect for frame in frames_in(effects) for effect in bob.say(event_of(frame))]
    assert isinstance(bob.state, Ended)
    assert any(isinstance(effect, StartOver) for effect in heard)


def test_what_is_no_request_closes_once_it_is_confirmed() -> None:
    alice, bob = talking(ALICE, BOB, "request_response")
    alice.tell(answering(alice, "half", alice.saying("").message_id, "status"))
    carry(alice, bob)
    assert isinstance(alice.state, Resting)


@pytest.mark.parametrize("kind", ["tombstone", "ping"])
def test_what_daemons_say_answers_no_request(kind: str) -> None:
    alice, bob = talking(ALICE, BOB, "request_response", "please")
    asked = open_state(alice).unanswered[-1]
    bob.tell(answering(bob, "", asked, kind))
    carry(alice, bob)
    assert open_state(alice).unanswered == (asked,)
    exchange(alice, bob)
    assert isinstance(alice.state, Resting)


def test_an_answer_behind_news_that_expired_is_an_answer() -> None:
    alice, bob = talking(ALICE, BOB, "request_response", "please")
    asked = open_state(alice).unanswered[-1]
    bob.tell(answering(bob, "half", asked, "status"))
    bob.effects.clear()
    bob.tell(answering(bob, "here", asked))
    carry(alice, bob)
    assert isinstance(alice.state, Open), "something is missing before the answer"
    bob.say(Expired((1,)))
    carry(alice, bob)
    assert alice.shown_texts() == ["here"]
    assert isinstance(alice.state, Resting)


def test_a_good_bye_that_comes_after_all_else_is_over_is_confirmed() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    theirs = frames_in(bob.say(Close("killed_by_owner")))
    bob.effects.clear()  # Bob's good-bye is on its way for long
    alice.say(Close("killed_by_owner"))
    carry(alice, bob)
    assert isinstance(alice.state, Ended)
    for frame in theirs:
        alice.say(event_of(frame))
    carry(alice, bob)
    assert isinstance(bob.state, Ended)


def test_what_the_peer_confirmed_is_never_said_elsewhere() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    alice.send("2")
    carry(alice, bob)
    assert StartOver(taken=Numbers(3)) in alice.say(Lost())
