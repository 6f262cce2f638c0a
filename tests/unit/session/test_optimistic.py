"""The first message in the KNOCK: held until its sender is let in, heard once."""

import msgspec
import pytest

from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.envelope import Envelope
from agentmesh.protocol.frames import MOST_OPTIMISTIC, Constraints, Knock
from agentmesh.protocol.limits import MAX_OPTIMISTIC
from agentmesh.protocol.signed import Purpose, read
from agentmesh.session import snapshot
from agentmesh.session.effects import Hear, ShowUpTo
from agentmesh.session.events import Allowed, Denied, PrekeyStale, Resolved, Send
from agentmesh.session.states import Knocked, Knocking, Open
from tests.support.bad_wire import BadSide, Kept
from tests.support.dialogue import SUITE, Dialogue, answer_to, carry
from tests.support.parties import party
from tests.support.session_kinds import FREE, asking, knock
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)


def knocking() -> tuple[Dialogue, Knocked]:
    """Return Alice, whose first message travels with her KNOCK, and what that is for Bob."""
    alice = asking(ALICE, BOB, "conversation", first="hello")
    return alice, knock(alice, BOB, alice.held[0])


def let_in(alice: Dialogue, knocked: Knocked, agreed: Constraints = FREE) -> Dialogue:
    """Let Alice in; return Bob when everything is said."""
    bob = Dialogue(BOB, knocked)
    accepted = answer_to(alice, bob.say(Allowed(BOB.responder(), agreed)))
    bob.effects.clear()
    alice.say(accepted)
    carry(alice, bob)
    return bob


def test_it_is_heard_as_soon_as_its_sender_is_let_in() -> None:
    _, knocked = knocking()
    bob = Dialogue(BOB, knocked)
    effects = bob.say(Allowed(BOB.responder()))
    assert [type(effect) for effect in effects if isinstance(effect, Hear | ShowUpTo)] == [
        Hear,
        ShowUpTo,
    ]
    assert bob.shown_texts() == ["hello"]


def test_it_is_heard_once_and_confirmed_as_any_other() -> None:
    alice, knocked = knocking()
    alice.send("and this")
    bob = let_in(alice, knocked)
    assert bob.shown_texts() == ["hello", "and this"]
    assert isinstance(alice.state, Open)
    assert alice.state.confirmed.up_to == 3


def test_the_opening_is_offered_until_it_came_though_its_message_came_before() -> None:
    alice, knocked = knocking()
    first = alice.held[0]
    asks = BadSide(ALICE, Kept(snapshot.save(alice.state), unsettled=(first,)))
    answers = BadSide(BOB, Kept(snapshot.save(knocked)))
    answers.take(Allowed(BOB.responder()))
    asks.receive(answers.post.pop())
    asks.post.clear()  # the first frames are lost
    asks.take(Send((alice.saying("and this"),)))
    answers.receive(asks.post.pop())
    asks.receive(answers.post.pop())  # a receipt for all but the opening
    assert answers.shown_texts() == ["hello"]
    asks.offer()
    for frame in asks.post:
        answers.receive(frame)
    assert answers.shown_texts() == ["hello", "and this"]


def test_who_is_refused_is_not_heard() -> None:
    _, knocked = knocking()
    bob = Dialogue(BOB, knocked)
    bob.say(Denied("low_reputation"))
    assert bob.heard == {}
    assert b"hello" not in msgspec.msgpack.encode(bob.state.terms)


def test_one_that_expired_before_the_answer_leaves_a_grave_under_its_number() -> None:
    alice, knocked = knocking()
    alice.held.clear()
    alice.send("later")
    bob = let_in(alice, knocked)
    assert bob.shown_texts() == ["hello", "later"], "the first of the two that arrives counts"


def test_one_that_is_too_large_for_what_is_agreed_is_not_heard() -> None:
    alice, knocked = knocking()
    alice.send("x")
    bob = let_in(alice, knocked, msgspec.structs.replace(FREE, max_message_size_bytes=3))
    assert bob.shown_texts() == ["x"]


def test_it_knocks_again_with_fresh_keys() -> None:
    alice, _ = knocking()
    first = alice.held[0]
    alice.say(PrekeyStale())
    alice.say(Resolved(BOB.verified(), SUITE, first))
    assert isinstance(alice.state, Knocking)
    assert alice.state.optimistic == first.message_id


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\xc1",
        b"\x91" * 10_000,
        bytes(MOST_OPTIMISTIC),
        {"type": "close"},
        {"type": "file_offer"},
        {"sequence": 9},
        {"payload": b"no json"},
    ],
    ids=str,
)
def test_what_is_no_first_message_is_not_heard_and_hurts_nobody(wrong: bytes | dict) -> None:  # type: ignore[type-arg]
    alice, knocked = knocking()
    document = read(knocked.knock, Knock, Purpose.KNOCK)
    if isinstance(wrong, dict):
        assert document.optimistic is not None
        envelope = msgspec.msgpack.decode(document.optimistic, type=Envelope)
        wrong = msgspec.msgpack.encode(msgspec.structs.replace(envelope, **wrong))
    document = msgspec.structs.replace(document, optimistic=wrong)
    signed = ALICE.ring.identity.sign(document, Purpose.KNOCK)
    bob = Dialogue(BOB, msgspec.structs.replace(knocked, knock=signed))
    effects = bob.say(Allowed(BOB.responder()))
    assert not any(isinstance(effect, Hear) for effect in effects)
    accepted = answer_to(alice, effects)
    bob.effects.clear()
    alice.say(accepted)
    carry(alice, bob)
    assert bob.shown_texts() == ["hello"]


def test_the_largest_first_message_fits_and_a_knock_with_more_is_none() -> None:
    alice = asking(ALICE, BOB, "conversation", first="x" * (MAX_OPTIMISTIC - 2))
    knocked = knock(alice, BOB, alice.held[0])
    bob = let_in(alice, knocked)
    assert [len(text) for text in bob.shown_texts()] == [MAX_OPTIMISTIC - 2]
    document = read(knocked.knock, Knock, Purpose.KNOCK)
    large = msgspec.structs.replace(document, optimistic=bytes(MOST_OPTIMISTIC + 1))
    with pytest.raises(RemoteProtocolError):
        read(ALICE.ring.identity.sign(large, Purpose.KNOCK), Knock, Purpose.KNOCK)
