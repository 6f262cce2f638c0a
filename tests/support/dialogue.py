"""One side of a session, driven event by event; and a wire between two of them."""

import os

import msgspec

from agentmesh.crypto.seal import open_with_prekeys, open_with_reply_key
from agentmesh.protocol import frames
from agentmesh.protocol.frames import (
    Accept,
    Intent,
    Knock,
    MessageFrame,
    NumberedFrame,
    ReceiptFrame,
    Reject,
    SealedToPrekeys,
    SealedToReplyKey,
    SessionRequest,
)
from agentmesh.protocol.ids import MessageId, SessionId, uuid7
from agentmesh.protocol.signed import Purpose, read
from agentmesh.session import snapshot
from agentmesh.session.effects import (
    Acknowledge,
    AnyEffect,
    Emit,
    EmitOnce,
    Hear,
    Number,
    ShowUpTo,
    Unhold,
)
from agentmesh.session.events import (
    Accepted,
    Allowed,
    AnyEvent,
    Heard,
    Receipted,
    Rejected,
    Resolved,
    Saying,
    Send,
    Unheld,
)
from agentmesh.session.machine import step
from agentmesh.session.receipts import sealed
from agentmesh.session.states import AnyState, Knocked, Knocking, Open, Resolving, Terms
from tests.support.parties import Party, party
from tests.support.world import FakeClock

SUITE = "pqxdh-dr.v1"


class Dialogue:
    """One side: its state, what it has heard, what it still holds back."""

    def __init__(self, us: Party, state: AnyState) -> None:
        self.us = us
        self.state = state
        self.effects: list[AnyEffect] = []
        self.held: list[Saying] = []
        self.heard: dict[int, str] = {}
        self.shown = 0

    def say(self, event: AnyEvent) -> list[AnyEffect]:
        """Step, through a save and a load; keep what the effects bring."""
        state, effects = step(snapshot.load(snapshot.save(self.state)), event, self.us.ring)
        self.state = state
        self.effects += effects
        for effect in effects:
            match effect:
                case Hear(envelope):
                    assert envelope.sequence not in self.heard, "heard twice"
                    self.heard[envelope.sequence] = msgspec.json.decode(envelope.payload)
                case ShowUpTo(sequence):
                    self.shown = sequence
                case Unhold():
                    self.say(Unheld(tuple(self.held)))
                case Number(messages=messages):
                    numbered = dict(messages)
                    self.held = [s for s in self.held if s.message_id not in numbered]
        return effects

    def send(self, *texts: str) -> list[AnyEffect]:
        """Say something; what cannot go yet is held back, as the outbox would."""
        return self.tell(*(self.saying(text) for text in texts))

    def tell(self, *sayings: Saying) -> list[AnyEffect]:
        """Say messages that are made already, whatever is in them."""
        self.held += sayings
        return self.say(Send(sayings))

    def saying(self, text: str) -> Saying:
        ring = self.us.ring
        name = MessageId(uuid7(ring.clock.now(), ring.entropy))
        return Saying(message_id=name, type="text", payload=msgspec.json.encode(text), timestamp=0)

    def shown_texts(self) -> list[str]:
        """Return what the agent sees, in its order."""
        return [text for number, text in sorted(self.heard.items()) if number <= self.shown]


def terms(us: Party, peer: Party, *, ours: bool, session_id: str = "") -> Terms:
    """Return terms of a plain conversation."""
    name = session_id or uuid7(us.ring.clock.now(), us.ring.entropy)
    return Terms(
        session_id=SessionId(name),
        peer=peer.amid,
        ours=ours,
        intent=Intent(category="communication", subcategory="messaging"),
        request=SessionRequest(),
    )


def frames_in(effects: list[AnyEffect]) -> list[frames.AnyFrame]:
    """Return what effects want to put on the wire."""
    leaving = [sealed(e, os.urandom) if isinstance(e, Acknowledge) else e for e in effects]
    return [frames.decode(e.payload) for e in leaving if isinstance(e, Emit | EmitOnce)]


def owed(body: bytes = b"") -> Acknowledge:
    """Return what a side that has heard something owes its peer."""
    clock = FakeClock()
    _, bob = opened(party("alice", clock), party("bob", clock), "hello")
    assert isinstance(bob.state, Open)
    return Acknowledge(bob.state.cipher, body)


def knocking(
    alice: Party, bob: Party, *, again: bool = False, suite: str = SUITE
) -> tuple[Dialogue, Knocked]:
    """Return Alice after her KNOCK, and Bob's state when it has arrived."""
    dialogue = Dialogue(alice, Resolving(terms=terms(alice, bob, ours=True), again=again))
    effects = dialogue.say(Resolved(bob.verified(), suite))
    (frame,) = frames_in(effects)
    dialogue.effects.clear()
    assert isinstance(frame, SealedToPrekeys)
    letter = open_with_prekeys(frame, *bob.openers())
    document = read(letter.signed, Knock, Purpose.KNOCK)
    theirs = terms(bob, alice, ours=False, session_id=document.id)
    return dialogue, Knocked(terms=theirs, knock=letter.signed)


def answer_to(alice: Dialogue, effects: list[AnyEffect]) -> Accepted | Rejected:
    """Return the event that an ACCEPT or REJECT is for Alice."""
    (frame,) = frames_in(effects)
    assert isinstance(frame, SealedToReplyKey)
    assert isinstance(alice.state, Knocking)
    letter = open_with_reply_key(frame, alice.state.reply_secret)
    if letter.kind == "accept":
        return Accepted(read(letter.signed, Accept, Purpose.ACCEPT), letter.signed.amid)
    return Rejected(read(letter.signed, Reject, Purpose.REJECT), letter.signed.amid)


def opened(
    alice: Party, bob: Party, *first_words: str, suite: str = SUITE
) -> tuple[Dialogue, Dialogue]:
    """Return both sides of a session in which Alice has knocked, was let in, and has spoken."""
    a, knocked = knocking(alice, bob, suite=suite)
    a.send(*first_words)
    b = Dialogue(bob, knocked)
    accepted = answer_to(a, b.say(Allowed(bob.responder())))
    b.effects.clear()
    a.say(accepted)
    carry(a, b)
    return a, b


def event_of(frame: frames.AnyFrame) -> AnyEvent:
    """Return the event that a frame of an open session is."""
    if isinstance(frame, MessageFrame | NumberedFrame):
        return Heard(frame)
    assert isinstance(frame, ReceiptFrame)
    return Receipted(frame)


def carry(a: Dialogue, b: Dialogue) -> None:
    """Bring everything to the other side until both are silent."""
    while a.effects or b.effects:
        for here, there in ((a, b), (b, a)):
            effects, here.effects = here.effects, []
            for frame in frames_in(effects):
                there.say(event_of(frame))


def changed(frame: MessageFrame, **fields: object) -> MessageFrame:
    """Return a frame with other fields."""
    return msgspec.structs.replace(frame, **fields)
