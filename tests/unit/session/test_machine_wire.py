"""Two sides of a session on a wire that delays, drops, doubles, reorders, forges and crashes."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from agentmesh.protocol.frames import encode
from agentmesh.protocol.limits import MAX_IN_FLIGHT
from agentmesh.session import snapshot
from agentmesh.session.events import Allowed, Close, Reconnected, Send
from agentmesh.session.states import Ended, Open, Resting
from tests.support.bad_wire import BadSide, Kept, in_flight
from tests.support.dialogue import Dialogue, frames_in, knocking, opened
from tests.support.parties import party
from tests.support.wire_machine import CRASH, PLACE, WireMachine
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)


def foreign_frames() -> list[bytes]:
    """Return frames of another session of the same two, to be spliced into this one."""
    alice, bob = opened(ALICE, BOB, "of another session")
    said = [*alice.send("another"), *bob.send("word")]
    return [encode(frame) for frame in frames_in(said)]


FOREIGN = foreign_frames()


class BadWire(WireMachine):
    """`wires[0]` carries Alice's frames to Bob, `wires[1]` Bob's to Alice."""

    def __init__(self) -> None:
        super().__init__()
        alice, knocked = knocking(ALICE, BOB)
        self.sides = [
            BadSide(ALICE, Kept(snapshot.save(alice.state))),
            BadSide(BOB, Kept(snapshot.save(knocked))),
        ]

    @initialize(crash=CRASH)
    def let_in(self, crash: str) -> None:
        bob = self.sides[1]
        bob.take(Allowed(BOB.responder()), crash)
        if crash == "before":
            bob.take(Allowed(BOB.responder()))
        self.collect()

    @rule(who=st.integers(0, 1), count=st.integers(1, 3), crash=CRASH)
    def say(self, who: int, count: int, crash: str) -> None:
        side = self.sides[who]
        dialogue = Dialogue(side.us, snapshot.load(side.kept.state))
        texts = [f"{who}:{len(self.said[who]) + place}" for place in range(count)]
        side.take(Send(tuple(dialogue.saying(text) for text in texts)), crash)
        if crash != "before":
            self.said[who] += texts
        self.collect()

    @precondition(lambda self: any(self.wires))
    @rule(place=PLACE, bit=PLACE)
    def forge(self, place: int, bit: int) -> None:
        to, index = self.pick(place)
        forged = bytearray(self.wires[1 - to][index])
        forged[bit // 8 % len(forged)] ^= 1 << bit % 8
        self._refused_by(to, bytes(forged))

    @rule(to=st.integers(0, 1), which=st.sampled_from(FOREIGN))
    def splice(self, to: int, which: bytes) -> None:
        self._refused_by(to, which)

    @invariant()
    def nothing_is_heard_that_was_not_said_and_bounds_hold(self) -> None:
        for who, side in enumerate(self.sides):
            heard = side.shown_texts()
            said = self.said[1 - who]
            assert heard == [text for text in said if text in set(heard)]
            assert in_flight(side) <= MAX_IN_FLIGHT
            assert not side.kept.is_over
            assert not isinstance(side.state, Ended)

    def teardown(self) -> None:
        self.wires = [[], []]
        self._fair()
        for who, side in enumerate(self.sides):
            lost = set(self.said[1 - who]) - set(side.shown_texts())
            assert lost <= self.buried[1 - who]
            assert not self.sides[1 - who].kept.unsettled
            assert not self.sides[1 - who].kept.errands
        self._both_hold_the_session_receipt()
        for side in self.sides:
            state = side.state
            if isinstance(state, Open) and state.cipher.can_send:
                side.take(Close("completed"), "after")
                self._fair()
                break
        if any(self.said):
            assert all(isinstance(side.state, Resting) for side in self.sides)
            assert not any(side.kept.errands for side in self.sides)

    def _both_hold_the_session_receipt(self) -> None:
        alice, bob = (side.state for side in self.sides)
        if isinstance(alice, Open) and isinstance(bob, Open) and bob.peer_stub is not None:
            assert (alice.our_stub, alice.peer_stub) == (bob.peer_stub, bob.our_stub)

    def _fair(self) -> None:
        """Offer everything, and carry everything in order, until both are silent."""
        for _ in range(4):
            for side in self.sides:
                side.offer()
                side.take(Reconnected())
            self.collect()
            self.carry_all()

    def _refused_by(self, to: int, frame: bytes) -> None:
        side = self.sides[to]
        before = side.kept
        heard = dict(before.heard)
        side.receive(frame)
        self.collect()
        assert side.kept.heard == heard


TestBadWire: Any = BadWire.TestCase
TestBadWire.settings = settings(max_examples=40, stateful_step_count=30)
