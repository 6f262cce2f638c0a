"""Sessions of the suites below the floor: they talk as others do, and end at their bounds."""

import pytest

from agentmesh.crypto.suites import OLM, PQXDH_DR, X3DH_ONLY
from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.limits import MAX_OLM_SKIPPED, X3DH_ONLY_MESSAGES, X3DH_ONLY_SECONDS
from agentmesh.session.bounds import is_spent
from agentmesh.session.effects import DropAll, Emit, Fail, Over, StartOver
from agentmesh.session.events import Close, Expired, Lost
from agentmesh.session.states import Ended, Open
from tests.support.dialogue import carry, event_of, frames_in, opened
from tests.support.parties import Party, party
from tests.support.world import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def both(clock: FakeClock) -> tuple[Party, Party]:
    return party("alice", clock), party("bob", clock)


@pytest.mark.parametrize("suite", [PQXDH_DR, OLM, X3DH_ONLY])
def test_every_suite_carries_a_conversation(both: tuple[Party, Party], suite: str) -> None:
    alice, bob = opened(*both, "hello", "again", suite=suite)
    bob.send("hi")
    carry(alice, bob)
    assert (bob.shown_texts(), alice.shown_texts()) == (["hello", "again"], ["hi"])
    assert isinstance(alice.state, Open)
    assert alice.state.suite == suite
    alice.say(Close("maintenance"))
    carry(alice, bob)
    assert isinstance(alice.state, Ended)
    assert isinstance(bob.state, Ended)


def test_after_a_day_the_session_is_over_and_its_words_are_said_elsewhere(
    both: tuple[Party, Party], clock: FakeClock
) -> None:
    alice, _ = opened(*both, "hello", suite=X3DH_ONLY)
    clock.advance(X3DH_ONLY_SECONDS)
    assert isinstance(alice.state, Open)
    assert is_spent(alice.state, both[0].ring)
    effects = alice.send("too late")
    assert [type(effect) for effect in effects] == [DropAll, StartOver, Over]
    assert isinstance(alice.state, Ended)
    assert alice.state.reason == "session_expired"


def test_a_frame_after_a_day_ends_the_session_at_the_receiver(
    both: tuple[Party, Party], clock: FakeClock
) -> None:
    alice, bob = opened(*both, "hello", suite=X3DH_ONLY)
    clock.advance(X3DH_ONLY_SECONDS - 1)
    (frame,) = frames_in(alice.send("just in time"))
    clock.advance(1)
    effects = bob.say(event_of(frame))
    assert any(isinstance(effect, StartOver) for effect in effects)
    assert isinstance(bob.state, Ended)
    assert bob.shown_texts() == ["hello"]


def test_a_spent_session_ends_without_a_good_bye(
    both: tuple[Party, Party], clock: FakeClock
) -> None:
    alice, _ = opened(*both, "hello", suite=X3DH_ONLY)
    clock.advance(X3DH_ONLY_SECONDS)
    assert alice.say(Expired((2,))) == []
    effects = alice.say(Close("killed_by_owner"))
    assert not any(isinstance(effect, Emit) for effect in effects)
    assert any(isinstance(effect, Fail) for effect in effects)
    assert isinstance(alice.state, Ended)


def test_what_waits_in_a_spent_session_whose_certificate_ran_out_is_said_elsewhere(
    both: tuple[Party, Party], clock: FakeClock
) -> None:
    alice, _ = opened(*both, "hello", suite=X3DH_ONLY)
    alice.send("on its way")
    clock.advance(X3DH_ONLY_SECONDS)
    effects = alice.say(Close("certificate_expired"))
    assert [type(effect) for effect in effects] == [DropAll, StartOver, Over]
    assert isinstance(alice.state, Ended)


def test_the_thousandth_message_is_the_last_and_the_rest_is_said_elsewhere(
    both: tuple[Party, Party],
) -> None:
    alice, bob = opened(*both, "hello", suite=X3DH_ONLY)  # the opening and one word
    for start in range(2, X3DH_ONLY_MESSAGES, 250):
        alice.send(*(f"{number}" for number in range(start, min(start + 250, 1000))))
        carry(alice, bob)
    assert isinstance(alice.state, Open)
    assert alice.state.next_sequence == X3DH_ONLY_MESSAGES + 1
    effects = alice.send("one more")
    assert any(isinstance(effect, StartOver) for effect in effects)
    assert len(bob.shown_texts()) == X3DH_ONLY_MESSAGES - 1
    assert isinstance(bob.state, Open)
    bob.say(Lost())
    assert isinstance(bob.state, Ended)


def test_a_number_beyond_the_bound_is_refused_whoever_says_it(both: tuple[Party, Party]) -> None:
    alice, bob = opened(*both, "hello", suite=X3DH_ONLY)
    (frame,) = frames_in(alice.say(Expired((X3DH_ONLY_MESSAGES + 1,))))
    with pytest.raises(RemoteProtocolError) as caught:
        bob.say(event_of(frame))
    assert caught.value.code == "session_spent"
    (frame,) = frames_in(alice.say(Expired((X3DH_ONLY_MESSAGES,))))
    bob.say(event_of(frame))


def test_olm_has_no_more_under_way_than_it_keeps_keys_for(both: tuple[Party, Party]) -> None:
    alice, bob = opened(*both, "hello", suite=OLM)
    alice.send(*(f"{number}" for number in range(100)))
    assert isinstance(alice.state, Open)
    assert alice.state.next_sequence - 1 - alice.state.confirmed.up_to == MAX_OLM_SKIPPED
    carry(alice, bob)
    assert len(bob.shown_texts()) == 101
