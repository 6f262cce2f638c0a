"""How much may be said: the window, what a stream's receiver grants, what was agreed."""

import msgspec
import pytest

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.frames import AnyFrame, Constraints
from agentmesh.protocol.limits import MAX_IN_FLIGHT, MAX_PARCEL_MESSAGES, STREAM_WINDOW
from agentmesh.session import flow
from agentmesh.session.effects import (
    AnyEffect,
    Broke,
    Drop,
    Emit,
    EmitOnce,
    Number,
    StartOver,
    Unhold,
    Unsayable,
)
from agentmesh.session.events import Allowed, Read, Reconnected
from agentmesh.session.states import Open
from tests.support.dialogue import Dialogue, answer_to, carry, event_of, frames_in
from tests.support.parties import party
from tests.support.session_kinds import FREE, asking, knock, open_state, talking
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)


def numbers(bob: Dialogue) -> tuple[int, ...]:
    return tuple(sorted(bob.heard))


def test_a_streams_sender_holds_what_its_receiver_has_not_made_room_for() -> None:
    alice, bob = talking(ALICE, BOB, "stream", "1")
    alice.send(*(str(number) for number in range(2, 301)))
    carry(alice, bob)
    assert len(bob.heard) == STREAM_WINDOW, "the opening has been read as soon as it is there"
    assert flow.is_full(open_state(alice))
    assert flow.room(open_state(alice)) == 0


def test_reading_makes_room_and_nothing_is_overtaken() -> None:
    alice, bob = talking(ALICE, BOB, "stream", "1")
    alice.send(*(str(number) for number in range(2, 301)))
    carry(alice, bob)
    for _ in range(300):
        unread = [number for number in numbers(bob) if number not in open_state(bob).consumed]
        if not unread:
            break
        bob.say(Read(tuple(unread[:7])))
        carry(alice, bob)
        granted = open_state(bob).consumed.count + STREAM_WINDOW
        assert open_state(alice).next_sequence - 1 <= granted
    assert bob.shown_texts() == [str(number) for number in range(1, 301)]


def test_a_reader_that_leaves_the_first_one_unread_does_not_stop_the_stream() -> None:
    alice, bob = talking(ALICE, BOB, "stream", "1")
    alice.send(*(str(number) for number in range(2, 400)))
    carry(alice, bob)
    for _ in range(20):
        bob.say(Read(tuple(number for number in numbers(bob) if number > 2)))
        bob.effects = bob.effects[-1:]
        carry(alice, bob)
    assert len(bob.heard) == 399


def test_a_receipt_that_was_lost_is_asked_for() -> None:
    alice, bob = talking(ALICE, BOB, "stream", "1")
    alice.send(*(str(number) for number in range(2, 150)))
    carry(alice, bob)
    bob.say(Read(numbers(bob)))
    bob.effects.clear()
    assert asked_in(alice.say(Reconnected()))
    carry(alice, bob)
    assert len(bob.heard) == 149
    assert not asked_in(alice.say(Reconnected()))


def test_who_sends_more_than_was_granted_is_not_heard() -> None:
    alice, bob = talking(ALICE, BOB, "stream", "1")
    alice.state = msgspec.structs.replace(alice.state, room_up_to=1000)
    frames = frames_in(alice.send(*(str(number) for number in range(2, 150))))
    before = bob.state
    with pytest.raises(RemoteProtocolError, match="stream_is_full"):
        bob.say(event_of(frames[-1]))
    assert bob.state == before
    bob.say(event_of(frames[0]))
    assert len(bob.heard) > 1


def test_a_conversation_has_no_such_bound() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    alice.send(*(str(number) for number in range(2, 400)))
    carry(alice, bob)
    assert len(bob.heard) == 399
    assert flow.grants(open_state(bob)) == 0


# --- what was agreed -----------------------------------------------------------------------------


def few(**fields: int) -> Constraints:
    return msgspec.structs.replace(FREE, **fields)


def test_what_is_too_large_is_never_said_and_the_rest_goes_on() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1", agreed=few(max_message_size_bytes=100))
    large = alice.saying("x" * 200)
    effects = alice.tell(large, alice.saying("small"))
    assert Unsayable((large.message_id,), "message_too_large") in effects
    carry(alice, bob)
    assert bob.shown_texts() == ["1", "small"]


def test_what_was_held_before_anything_was_agreed_keeps_to_it_too() -> None:
    agreed = few(max_message_size_bytes=100)
    _, bob = talking(ALICE, BOB, "conversation", "x" * 200, "small", agreed=agreed)
    assert bob.shown_texts() == ["small"]


def test_one_message_too_many_is_said_in_another_session() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1", agreed=few(max_messages=3))
    effects = alice.send("2", "3", "4")
    assert StartOver(held_only=True) in effects
    assert open_state(alice).closing == "capacity_exceeded"
    carry(alice, bob)
    assert bob.shown_texts() == ["1", "2", "3"]
    assert type(bob.state).__name__ == type(alice.state).__name__ == "Ended"


def test_both_sides_may_say_so_many() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1", agreed=few(max_messages=2))
    bob.send("a", "b")
    alice.send("2")
    carry(alice, bob)
    assert (bob.shown_texts(), alice.shown_texts()) == (["1", "2"], ["a", "b"])
    assert isinstance(alice.state, Open)


@pytest.mark.parametrize(
    ("agreed", "code"),
    [({"max_message_size_bytes": 100}, "message_too_large"), ({"max_messages": 1}, "too_many")],
)
def test_who_breaks_what_was_agreed_is_not_heard_and_told_why(
    agreed: dict[str, int], code: str
) -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1", agreed=few(**agreed))
    alice.state = msgspec.structs.replace(alice.state, constraints=FREE)
    alice.send("x" * 200)
    effects = [effect for frame in frames_in(alice.effects) for effect in bob.say(event_of(frame))]
    assert [it.code.startswith(code) for it in effects if isinstance(it, Broke)] == [True]
    assert bob.shown_texts() == ["1"]
    alice.effects.clear()
    carry(alice, bob)
    assert alice.state.reason == bob.state.reason == "policy_violation"  # type: ignore[union-attr]


def test_the_window_is_never_more_than_may_be_on_the_way() -> None:
    alice, _ = talking(ALICE, BOB, "request_response", "1")
    effects = alice.send(*(str(number) for number in range(MAX_IN_FLIGHT + 5)))
    sent = sum(len(effect.messages) for effect in effects if isinstance(effect, Number))
    assert sent == MAX_IN_FLIGHT - 1, "one request is not answered yet"
    assert any(isinstance(effect, Emit) for effect in effects)


def test_what_is_held_is_looked_for_once_there_is_room_for_many() -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    carry(alice, bob)
    alice.effects.clear()
    alice.send(*(str(number) for number in range(2, MAX_IN_FLIGHT + 300)))

    def confirmed(frame: AnyFrame) -> list[AnyEffect]:
        bob.effects.clear()
        bob.say(event_of(frame))
        return alice.say(event_of(frames_in(bob.effects)[-1]))

    first, *others = frames_in(alice.effects)
    assert Unhold() not in confirmed(first), "the rest is under way"
    few = others[: MAX_IN_FLIGHT // 4 // MAX_PARCEL_MESSAGES]
    assert [Unhold() in confirmed(frame) for frame in few] == [False] * (len(few) - 1) + [True]
    carry(alice, bob)
    assert bob.shown_texts() == [str(number) for number in range(1, MAX_IN_FLIGHT + 300)]


# --- asking a full stream's receiver -------------------------------------------------------------


def full_stream() -> tuple[Dialogue, Dialogue]:
    """Return both sides of a stream whose receiver, Alice, has yet to read what Bob said."""
    alice, bob = talking(ALICE, BOB, "stream", "1")
    bob.send(*(str(number) for number in range(1, 151)))
    return alice, bob


def asked_in(effects: list[AnyEffect]) -> list[AnyEffect]:
    """Return what asks for room: all else that `Reconnected` brings are receipts."""
    frames = [effect for effect in effects if isinstance(effect, Emit | EmitOnce)]
    return [frame for frame in frames if frame.message_type != "receipt"]


def test_asking_for_room_takes_no_number_whose_message_has_not_come() -> None:
    alice, bob = full_stream()
    first, *others = frames_in(bob.effects)
    bob.effects.clear()
    for frame in others:
        alice.say(event_of(frame))
    carry(alice, bob)
    bob.say(Reconnected())
    carry(alice, bob)
    alice.say(event_of(first))
    assert alice.shown_texts() == [str(number) for number in range(1, STREAM_WINDOW + 1)]


def test_a_receiver_that_stays_away_is_asked_by_one_frame_and_not_by_a_thousand() -> None:
    alice, bob = full_stream()
    carry(alice, bob)
    asked = [asked_in(bob.say(Reconnected())) for _ in range(3)]
    bob.effects.clear()
    assert [len(frames) for frames in asked] == [1, 0, 0]
    ((kept,), *_) = asked
    assert isinstance(kept, Emit)
    alice.say(Read(numbers(alice)))
    effects = [effect for frame in frames_in(alice.effects) for effect in bob.say(event_of(frame))]
    assert Drop(kept.frame_id) in effects


# --- counting what was agreed --------------------------------------------------------------------


def test_what_replaces_the_message_of_a_knock_counts_as_one_of_those_that_were_agreed() -> None:
    alice = asking(ALICE, BOB, "conversation", first="expired before the answer")
    bob = Dialogue(BOB, knock(alice, BOB, alice.held[0]))
    alice.held.clear()
    alice.send("2", "3", "4")
    accepted = answer_to(alice, bob.say(Allowed(BOB.responder(), few(max_messages=3))))
    bob.effects.clear()
    alice.say(accepted)
    carry(alice, bob)
    assert bob.shown_texts() == ["expired before the answer", "2", "3"]
    assert bob.state.reason == "capacity_exceeded"  # type: ignore[union-attr]
