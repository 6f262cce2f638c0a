"""Receipts: cumulative, never confirmed themselves, believed only as far as they can be true."""

import msgspec
import pytest

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.frames import ReceiptFrame
from agentmesh.protocol.limits import MAX_SKIPPED
from agentmesh.session.effects import Acknowledge, Confirm
from agentmesh.session.events import Close, Read, Receipted, Reconnected
from agentmesh.session.numbers import Numbers
from agentmesh.session.parcels import _receipt_beside
from agentmesh.session.receipts import receipt
from agentmesh.session.states import Ended, Open
from tests.support.dialogue import Dialogue, carry, event_of, frames_in, opened
from tests.support.parties import party
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)


def _told(bob: Dialogue, received: Numbers, consumed: Numbers) -> Receipted:
    assert isinstance(bob.state, Open)
    told = msgspec.structs.replace(bob.state, received=received, consumed=consumed)
    (frame,) = frames_in([receipt(told)])
    event = event_of(frame)
    assert isinstance(event, Receipted)
    return event


def test_what_the_agent_read_counts_as_delivered_too() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    alice.send("read before any receipt came")
    effects = alice.say(_told(bob, Numbers(2), Numbers(3)))
    assert Confirm(Numbers(3), consumed=False) in effects
    assert Confirm(Numbers(3), consumed=True) in effects


def test_a_receipt_is_sealed_when_it_leaves_and_says_what_was_there_when_it_was_owed() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    assert isinstance(alice.state, Open)
    assert isinstance(bob.state, Open)
    owed = receipt(bob.state)
    (frame, again) = frames_in([owed, owed])
    assert frame != again
    bob.send("meanwhile")
    for each in (frame, again):
        assert isinstance(each, ReceiptFrame)
        assert alice.state.cipher.open_receipt(each) == owed.body


def test_a_receipt_that_says_nothing_new_changes_nothing() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    before = alice.state
    assert alice.say(_told(bob, Numbers(2), Numbers(1))) == []
    assert alice.say(_told(bob, Numbers(0), Numbers(0))) == []
    assert alice.state == before


@pytest.mark.parametrize("told", [Numbers(3), Numbers(2, (4,))])
def test_a_receipt_for_what_was_never_said_is_the_peers_fault(told: Numbers) -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    for received, consumed in ((told, Numbers()), (Numbers(), told)):
        with pytest.raises(RemoteProtocolError, match="receipt_of_unsaid"):
            alice.say(_told(bob, received, consumed))


def test_what_the_agent_never_sees_counts_as_read() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    bob.say(Read((2,)))
    carry(alice, bob)
    assert isinstance(alice.state, Open)
    assert alice.state.read_by_peer == Numbers(2)


def test_reading_the_same_again_says_nothing() -> None:
    _, bob = opened(ALICE, BOB, "hello")
    assert len(bob.say(Read((2,)))) == 1
    assert bob.say(Read((2,))) == []


def test_an_agent_may_leave_messages_unread_for_ever() -> None:
    _, bob = opened(ALICE, BOB, "hello")
    bob.say(Read((3 * MAX_SKIPPED,)))
    bob.say(Read((3 * MAX_SKIPPED + 1,)))
    assert isinstance(bob.state, Open)
    assert 3 * MAX_SKIPPED + 1 in bob.state.consumed
    assert len(bob.state.consumed.also) <= MAX_SKIPPED


def test_receipts_are_repeated_once_there_is_something_to_say() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    assert alice.say(Reconnected()) == []
    (again,) = bob.say(Reconnected())
    assert isinstance(again, Acknowledge)


def test_an_ended_session_answers_repetitions_only() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    (bye,) = frames_in(alice.say(Close("killed_by_owner")))
    late = Dialogue(ALICE, msgspec.structs.replace(alice.state, closing=""))
    bob.say(event_of(bye))
    assert isinstance(bob.state, Ended)
    assert len(bob.say(event_of(bye))) == 1
    (frame,) = frames_in(late.send("too late"))
    assert bob.say(event_of(frame)) == []
    assert isinstance(alice.state, Open)
    _, nonsense = alice.state.cipher.seal(b"too late", CLOCK.now(), ALICE.ring.entropy)
    with pytest.raises(RemoteProtocolError, match="parcel_malformed"):
        bob.say(event_of(nonsense))


def test_a_message_tells_what_has_come_from_its_reader() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    alice.send("one", "two")
    alice.effects.clear()
    for frame in frames_in(alice.send("three")):
        bob.say(event_of(frame))
    effects = alice.say(event_of(*frames_in(bob.send("and you"))[:1]))
    assert Confirm(Numbers(2, (5,)), consumed=False) in effects


def test_the_first_message_of_a_session_tells_nothing() -> None:
    _, bob = opened(ALICE, BOB, "hello")
    assert isinstance(bob.state, Open)
    assert _receipt_beside(msgspec.structs.replace(bob.state, received=Numbers())) == b""


def test_a_message_that_confirms_what_was_never_said_is_not_taken() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    assert isinstance(bob.state, Open)
    bob.state = msgspec.structs.replace(bob.state, received=Numbers(3))
    (frame,) = frames_in(bob.send("and you"))
    before = alice.state
    with pytest.raises(RemoteProtocolError, match="receipt_of_unsaid"):
        alice.say(event_of(frame))
    assert alice.state == before
