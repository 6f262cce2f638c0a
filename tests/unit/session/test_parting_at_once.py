"""Both part at once: what crosses the two good-byes."""

import pytest

from agentmesh.session.effects import AnyEffect, Fail, StartOver
from agentmesh.session.events import Close
from agentmesh.session.numbers import Numbers
from agentmesh.session.parting import CAPACITY_EXCEEDED, CERTIFICATE_EXPIRED
from agentmesh.session.states import Ended
from tests.support.dialogue import carry, event_of, frames_in
from tests.support.parties import party
from tests.support.session_kinds import talking
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)
NOT_TAKEN = StartOver(taken=Numbers(1, (3,)))
"""Bob's second word is said elsewhere; his good-bye has arrived."""


@pytest.mark.parametrize("reason", ["completed", "killed_by_owner"])
def test_both_may_part_at_once_and_both_end(reason: str) -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    alice.send("crossing")
    bob.send("crossing")
    alice.effects.clear()
    bob.effects.clear()
    alice.say(Close(reason))
    bob.say(Close("killed_by_owner"))
    carry(alice, bob)
    assert (alice.state.reason, bob.state.reason) == (reason, "killed_by_owner")  # type: ignore[union-attr]
    assert (alice.shown_texts(), bob.shown_texts()) == ([], ["1"])


@pytest.mark.parametrize("is_bye_first", [False, True])
@pytest.mark.parametrize(
    ("ours", "theirs", "becomes"),
    [
        (CAPACITY_EXCEEDED, CAPACITY_EXCEEDED, NOT_TAKEN),
        (CERTIFICATE_EXPIRED, "session_expired", NOT_TAKEN),
        (CAPACITY_EXCEEDED, "completed", NOT_TAKEN),
        (CAPACITY_EXCEEDED, "killed_by_owner", Fail(refused=True, reason="killed_by_owner")),
        ("killed_by_owner", CAPACITY_EXCEEDED, Fail(refused=False, reason="killed_by_owner")),
        ("completed", CAPACITY_EXCEEDED, Fail(refused=False, reason="completed")),
    ],
)
def test_what_crosses_good_byes_that_nobody_wished_for_is_said_elsewhere(
    ours: str, theirs: str, becomes: AnyEffect, *, is_bye_first: bool
) -> None:
    alice, bob = talking(ALICE, BOB, "conversation", "1")
    taken, crossing = frames_in(bob.send("taken")), frames_in(bob.send("crossing"))
    for frame in taken:
        alice.say(event_of(frame))
    our_bye, their_bye = frames_in(bob.say(Close(ours))), frames_in(alice.say(Close(theirs)))
    alice.effects.clear()
    bob.effects.clear()
    for frame in [*our_bye, *crossing] if is_bye_first else [*crossing, *our_bye]:
        alice.say(event_of(frame))
    receipts = frames_in(alice.effects)
    said = [it for frame in [*their_bye, *receipts] for it in bob.say(event_of(frame))]
    assert [it for it in said if isinstance(it, StartOver | Fail)] == [becomes]
    assert isinstance(bob.state, Ended)
    assert alice.shown_texts() == ["taken"]
