"""What happens on every bad wire, for machines that say what happens besides."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from agentmesh.session.events import Expired, KnockRepeated, Reconnected
from agentmesh.session.states import Open
from tests.support.bad_wire import BadSide, text_of

PLACE = st.integers(min_value=0, max_value=10_000)
CRASH = st.sampled_from(["", "", "", "before", "after"])


class WireMachine(RuleBasedStateMachine):
    """`wires[0]` carries Alice's frames to Bob, `wires[1]` Bob's to Alice."""

    def __init__(self) -> None:
        super().__init__()
        self.sides: list[BadSide] = []
        self.wires: list[list[bytes]] = [[], []]
        self.said: list[list[str]] = [[], []]
        self.buried: list[set[str]] = [set(), set()]

    @precondition(lambda self: any(self.wires))
    @rule(place=PLACE, crash=CRASH, stays=st.booleans())
    def deliver(self, place: int, crash: str, stays: bool) -> None:
        to, index = self.pick(place)
        frame = self.wires[1 - to][index]
        if not stays:
            del self.wires[1 - to][index]
        self.sides[to].receive(frame, crash)
        self.collect()

    @precondition(lambda self: any(self.wires))
    @rule(place=PLACE)
    def drop(self, place: int) -> None:
        to, index = self.pick(place)
        del self.wires[1 - to][index]

    @rule(who=st.integers(0, 1))
    def offer_again(self, who: int) -> None:
        self.sides[who].offer()
        self.sides[who].take(Reconnected())
        if who == 1:
            self.sides[who].take(KnockRepeated())
        self.collect()

    @rule(who=st.integers(0, 1), crash=CRASH)
    def expire(self, who: int, crash: str) -> None:
        side = self.sides[who]
        numbers = tuple(side.numbers()[:2])
        if not numbers or not isinstance(side.state, Open):
            return
        names = {m for m, (n, _) in side.kept.numbers.items() if n in numbers}
        texts = {text_of(it) for it in side.kept.unsettled if it.message_id in names}
        side.take(Expired(numbers), crash)
        if crash != "before":
            self.buried[who] |= texts
        self.collect()

    def carry_all(self) -> None:
        """Carry everything in order, until both are silent."""
        while any(self.wires):
            for to in (1, 0):
                frames, self.wires[1 - to] = self.wires[1 - to], []
                for frame in frames:
                    self.sides[to].receive(frame)
            self.collect()

    def collect(self) -> None:
        """Put onto the wires what the sides have posted."""
        for who, side in enumerate(self.sides):
            self.wires[who] += side.post
            side.post = []

    def pick(self, place: int) -> tuple[int, int]:
        """Return to whom a frame is under way, and its place on that wire."""
        everything = [(1 - w, i) for w, wire in enumerate(self.wires) for i in range(len(wire))]
        return everything[place % len(everything)]
