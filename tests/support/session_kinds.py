"""Sessions of every kind between two sides, with what was agreed for them."""

import msgspec

from agentmesh.crypto.seal import open_with_prekeys
from agentmesh.protocol.frames import (
    Constraints,
    Intent,
    Knock,
    SealedToPrekeys,
    SessionRequest,
    SessionType,
)
from agentmesh.protocol.ids import MessageId, SessionId, uuid7
from agentmesh.protocol.session_receipt import Proven, prove
from agentmesh.protocol.signed import Purpose, read
from agentmesh.session.effects import AnyEffect, KeepReceipt
from agentmesh.session.events import Allowed, Resolved, Saying
from agentmesh.session.states import Knocked, Open, Resolving, Terms
from tests.support.dialogue import SUITE, Dialogue, answer_to, carry, frames_in
from tests.support.parties import Party

FREE = Constraints(ttl_seconds=86400)


def asking(alice: Party, bob: Party, kind: SessionType, *, first: str = "") -> Dialogue:
    """Return Alice before her KNOCK for a session of a kind, with `first` held if there is one."""
    asked = Terms(
        session_id=SessionId(uuid7(alice.ring.clock.now(), alice.ring.entropy)),
        peer=bob.amid,
        ours=True,
        intent=Intent(category="communication"),
        request=SessionRequest(type=kind),
    )
    dialogue = Dialogue(alice, Resolving(terms=asked))
    if first:
        dialogue.send(first)
    return dialogue


def knock(alice: Dialogue, bob: Party, first: Saying | None = None) -> Knocked:
    """Let Alice knock; return what that is for Bob."""
    (frame,) = frames_in(alice.say(Resolved(bob.verified(), SUITE, first)))
    alice.effects.clear()
    assert isinstance(frame, SealedToPrekeys)
    letter = open_with_prekeys(frame, *bob.openers())
    document = read(letter.signed, Knock, Purpose.KNOCK)
    theirs = msgspec.structs.replace(alice.state.terms, peer=alice.us.amid, ours=False)
    assert document.id == theirs.session_id
    return Knocked(terms=theirs, knock=letter.signed)


def talking(
    alice: Party, bob: Party, kind: SessionType, *first_words: str, agreed: Constraints = FREE
) -> tuple[Dialogue, Dialogue]:
    """Return both sides of a session of a kind, in which Alice has spoken."""
    a = asking(alice, bob, kind)
    b = Dialogue(bob, knock(a, bob))
    a.send(*first_words)
    accepted = answer_to(a, b.say(Allowed(bob.responder(), agreed)))
    b.effects.clear()
    a.say(accepted)
    carry(a, b)
    return a, b


def answering(side: Dialogue, text: str, to: MessageId, kind: str = "response") -> Saying:
    """Return an answer to a message."""
    return msgspec.structs.replace(side.saying(text), type=kind, in_reply_to=to)


def open_state(side: Dialogue) -> Open:
    """Return the state of a side that may talk."""
    assert isinstance(side.state, Open)
    return side.state


def proven_by(effects: list[AnyEffect]) -> Proven:
    """Return what the last receipt that was kept proves."""
    return prove([effect.receipt for effect in effects if isinstance(effect, KeepReceipt)][-1])
