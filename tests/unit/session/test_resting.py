"""What was completed may be gone on with, by who began it and without a KNOCK."""

import pytest

from agentmesh.errors import UsageError
from agentmesh.session.effects import Acknowledge, Began, Hear, TellLost
from agentmesh.session.events import Close, Expired, Lost, Overdue, Read, Send, Uncached, Unheld
from agentmesh.session.states import Ended, Open, Resting
from tests.support.dialogue import SUITE, Dialogue, carry, event_of, frames_in
from tests.support.parties import party
from tests.support.session_kinds import talking
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)


def resting() -> tuple[Dialogue, Dialogue]:
    """Return both sides of a session that Alice began and completed."""
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    bob.send("a")
    carry(alice, bob)
    alice.say(Close("completed"))
    carry(alice, bob)
    assert isinstance(alice.state, Resting)
    assert isinstance(bob.state, Resting)
    return alice, bob


def test_its_initiator_goes_on_where_it_ended() -> None:
    alice, bob = resting()
    effects = alice.send("2")
    assert Began(SUITE) in effects
    carry(alice, bob)
    bob.send("b")
    carry(alice, bob)
    assert (bob.shown_texts(), alice.shown_texts()) == (["1", "2"], ["a", "b"])
    assert isinstance(alice.state, Open)


def test_it_can_be_completed_again_and_again() -> None:
    alice, bob = resting()
    for number in range(2, 6):
        alice.send(str(number))
        alice.say(Close("completed"))
        carry(alice, bob)
        assert isinstance(alice.state, Resting)
        assert isinstance(bob.state, Resting)
    assert bob.shown_texts() == ["1", "2", "3", "4", "5"]


def test_later_messages_may_come_before_earlier_ones() -> None:
    alice, bob = resting()
    first, second = frames_in(alice.send("2")), frames_in(alice.send("3"))
    alice.effects.clear()
    for frame in (*second, *first):
        bob.say(event_of(frame))
    assert bob.shown_texts() == ["1", "2", "3"]


def test_who_was_called_may_not_go_on() -> None:
    _, bob = resting()
    with pytest.raises(UsageError):
        bob.say(Send((bob.saying("and?"),)))


def test_nothing_to_say_wakes_nobody() -> None:
    alice, _ = resting()
    assert alice.say(Unheld(())) == []
    assert isinstance(alice.state, Resting)


def test_a_frame_that_comes_twice_is_confirmed_and_wakes_nobody() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    (bye,) = frames_in(alice.say(Close("completed")))
    answers = frames_in(bob.say(event_of(bye)))
    effects = bob.say(event_of(bye))
    assert [type(effect) for effect in effects] == [Acknowledge]
    for frame in (*answers, *answers):
        alice.say(event_of(frame))
    assert isinstance(alice.state, Resting)
    assert isinstance(bob.state, Resting)


def test_a_tombstone_that_comes_late_wakes_nobody() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    word = frames_in(alice.send("2"))
    grave = frames_in(alice.say(Expired((3,))))
    alice.effects.clear()
    for frame in word:
        bob.say(event_of(frame))
    alice.say(Close("completed"))
    carry(alice, bob)
    for frame in grave:
        bob.say(event_of(frame))
    assert isinstance(bob.state, Resting)


def test_what_crossed_the_close_is_not_taken_when_it_comes_late() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    late = frames_in(bob.send("crossing"))
    bob.effects.clear()
    alice.say(Close("completed"))
    carry(alice, bob)
    effects = [effect for frame in late for effect in alice.say(event_of(frame))]
    assert not any(isinstance(effect, Hear) for effect in effects)
    alice.send("2")
    bob_says = bob.us.ring
    carry(alice, bob)
    bob.send("b")
    carry(alice, bob)
    assert (bob.shown_texts(), alice.shown_texts()) == (["1", "2"], ["b"])
    assert bob_says is BOB.ring


def test_who_forgot_that_it_let_the_peer_in_says_so() -> None:
    alice, bob = resting()
    bob.say(Uncached())
    (frame,) = frames_in(alice.send("2"))
    assert bob.say(event_of(frame)) == [TellLost()]
    assert isinstance(bob.state, Resting)
    assert bob.shown_texts() == ["1"]


@pytest.mark.parametrize("event", [Overdue(), Lost(), Close("killed_by_owner")])
def test_a_rest_may_end(event: Overdue) -> None:
    alice, bob = resting()
    bob.say(event)
    assert isinstance(bob.state, Ended)
    (frame,) = frames_in(alice.send("2"))
    assert bob.say(event_of(frame)) == [TellLost()]


def test_the_sender_learns_what_was_read_after_the_end() -> None:
    alice, bob = resting()
    bob.say(Read((2,)))
    carry(alice, bob)
    assert isinstance(alice.state, Resting)
    assert 2 in alice.state.talk.read_by_peer
