"""An example of every state a session can be in, with an example of every event for it."""

from dataclasses import dataclass
from functools import cache
from typing import get_args

from agentmesh.protocol.frames import MessageFrame, ReceiptFrame
from agentmesh.session.events import (
    Allowed,
    AnyEvent,
    Close,
    Denied,
    Expired,
    KnockRepeated,
    Lost,
    Overdue,
    PrekeyStale,
    Read,
    Reconnected,
    Resolved,
    Send,
    Superseded,
    Uncached,
    Unheld,
    Unresolvable,
    Unvouched,
    Vouched,
)
from agentmesh.session.states import AnyState, Resolving
from tests.support.dialogue import (
    SUITE,
    Dialogue,
    answer_to,
    carry,
    event_of,
    frames_in,
    knocking,
    opened,
    terms,
)
from tests.support.parties import Party, bearing, party
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)
KINDS: tuple[str, ...] = tuple(kind.__name__ for kind in get_args(AnyEvent))
GOODBYE = "Heard: a close"
EVENTS = tuple(name for kind in KINDS for name in ([kind, GOODBYE] if kind == "Heard" else [kind]))


@dataclass(frozen=True)
class Example:
    """A state, whose it is, and what may happen to it."""

    us: Party
    state: AnyState
    events: dict[str, AnyEvent]


@cache
def examples() -> dict[str, Example]:
    """Return the states by what they are called in docs/protocol.md."""
    return {
        "Resolving": _resolving(),
        "Knocking": _knocking(again=False),
        "Knocking, again": _knocking(again=True),
        "Answered": _answered(),
        "Knocked": _knocked(),
        "Open": _open(is_confirmed=False),
        "Open, confirmed": _open(is_confirmed=True),
        "Open, closing": _closing("cancelled_by_initiator"),
        "Open, completing": _closing("completed"),
        "Resting, ours": _resting(ours=True),
        "Resting, theirs": _resting(ours=False),
        "Ended": _ended(),
        "Ended, refused": _refused(),
    }


def _resolving() -> Example:
    state = Resolving(terms=terms(ALICE, BOB, ours=True))
    return Example(ALICE, state, _any_events())


def _knocking(*, again: bool) -> Example:
    alice, knocked = knocking(ALICE, BOB, again=again)
    yes = answer_to(alice, Dialogue(BOB, knocked).say(Allowed(BOB.responder())))
    no = answer_to(alice, Dialogue(BOB, knocked).say(Denied("low_reputation")))
    return Example(ALICE, alice.state, _any_events(Accepted=yes, Rejected=no))


def _answered() -> Example:
    bob = bearing(BOB, b"his", b"his organisation's")
    alice, knocked = knocking(ALICE, bob)
    yes = answer_to(alice, Dialogue(bob, knocked).say(Allowed(bob.responder())))
    no = answer_to(alice, Dialogue(bob, knocked).say(Denied("low_reputation")))
    alice.say(yes)
    return Example(ALICE, alice.state, _any_events(Accepted=yes, Rejected=no))


def _knocked() -> Example:
    _, knocked = knocking(ALICE, BOB)
    return Example(BOB, knocked, _any_events())


def _talking() -> tuple[Dialogue, Dialogue]:
    """Return both sides; both have spoken, and Alice's last words have not come yet."""
    alice, bob = opened(ALICE, BOB, "hello")
    bob.send("hi")
    carry(alice, bob)
    alice.send("how are you?")
    return alice, bob


def _open(*, is_confirmed: bool) -> Example:
    alice, bob = _talking()
    if is_confirmed:
        carry(alice, bob)
    return Example(ALICE, alice.state, _any_events(**_words_of(bob)))


def _closing(reason: str) -> Example:
    alice, bob = _talking()
    words = _words_of(bob)
    alice.say(Close(reason))
    for frame in frames_in(alice.effects):
        answers = frames_in(bob.say(event_of(frame)))
        words["Receipted"] = next(event_of(it) for it in answers if isinstance(it, ReceiptFrame))
    return Example(ALICE, alice.state, _any_events(**words))


def _resting(*, ours: bool) -> Example:
    """Return a session that Alice has completed, as one of the two keeps it."""
    alice, bob = opened(ALICE, BOB, "hello")
    (bye,) = frames_in(alice.say(Close("completed")))
    answers = frames_in(bob.say(event_of(bye)))
    (closed,) = (frame for frame in answers if isinstance(frame, MessageFrame))
    heard = frames_in(alice.say(event_of(closed)))
    here = alice if ours else bob
    (receipt,) = frames_in(Dialogue(BOB, bob.state).say(Read((2,)))) if ours else heard
    words = {"Heard": event_of(closed), GOODBYE: event_of(closed)}
    if not ours:
        (more,) = frames_in(Dialogue(ALICE, alice.state).say(Send((alice.saying("and"),))))
        words = {"Heard": event_of(more), GOODBYE: event_of(bye)}
    words["Receipted"] = event_of(receipt)
    return Example(here.us, here.state, _any_events(**words))


def _ended() -> Example:
    alice, bob = _talking()
    (bye,) = frames_in(bob.say(Close("cancelled_by_receiver")))
    (receipt,) = frames_in(Dialogue(BOB, bob.state).say(Read((2,))))
    alice.say(event_of(bye))
    words = {"Heard": event_of(bye), GOODBYE: event_of(bye), "Receipted": event_of(receipt)}
    return Example(ALICE, alice.state, _any_events(**words))


def _refused() -> Example:
    _, knocked = knocking(ALICE, BOB)
    bob = Dialogue(BOB, knocked)
    bob.say(Denied("low_reputation"))
    return Example(BOB, bob.state, _any_events())


def _words_of(bob: Dialogue) -> dict[str, AnyEvent]:
    """Return a message of Bob's, his receipt for what he has heard, or instead his good-bye."""
    (bye,) = frames_in(Dialogue(BOB, bob.state).say(Close("completed")))
    (word,) = frames_in(bob.send("yes?"))
    (receipt,) = frames_in(bob.say(Read((2,))))
    return {"Heard": event_of(word), "Receipted": event_of(receipt), GOODBYE: event_of(bye)}


def _any_events(**fitting: AnyEvent) -> dict[str, AnyEvent]:
    """Return an event of each kind: the fitting ones, and for the rest any."""
    alice, bob = opened(ALICE, BOB, "hello")
    sayings = (alice.saying("one"), alice.saying("two"))
    knocker, knocked = knocking(ALICE, BOB)
    yes = answer_to(knocker, Dialogue(BOB, knocked).say(Allowed(BOB.responder())))
    no = answer_to(knocker, Dialogue(BOB, knocked).say(Denied("low_reputation")))
    words = _words_of(bob)
    events: list[AnyEvent] = [
        Send(sayings),
        Unheld(sayings),
        Resolved(BOB.verified(), SUITE),
        Unresolvable("agent_not_found"),
        yes,
        Vouched(),
        Unvouched("invalid_certificate"),
        no,
        PrekeyStale(),
        Allowed(BOB.responder()),
        Denied("low_reputation"),
        KnockRepeated(),
        words["Heard"],
        words["Receipted"],
        Lost(),
        Read((1,)),
        Expired((3,)),
        Close("completed"),
        Overdue(),
        Uncached(),
        Reconnected(),
        Superseded(),
    ]
    return {type(event).__name__: event for event in events} | words | fitting
