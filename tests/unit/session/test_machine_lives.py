"""Sessions of every kind end, rest and go on, on a bad wire: no word is lost or heard twice."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from msgspec.structs import replace

from agentmesh.session import snapshot
from agentmesh.session.events import (
    Allowed,
    Close,
    Read,
    Saying,
    Send,
)
from agentmesh.session.outcome import COMPLETED
from agentmesh.session.parting import CERTIFICATE_EXPIRED
from agentmesh.session.states import Ended, Knocking, Open, Resting
from tests.support.bad_wire import BadSide, Kept, text_of
from tests.support.dialogue import Dialogue
from tests.support.parties import party
from tests.support.session_kinds import FREE, asking, knock
from tests.support.wire_machine import CRASH, WireMachine
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)
REASON = st.sampled_from(
    [COMPLETED, COMPLETED, COMPLETED, CERTIFICATE_EXPIRED, "maintenance", "killed_by_owner"]
)


class Lives(WireMachine):
    """`wires[0]` carries Alice's frames to Bob, `wires[1]` Bob's to Alice."""

    @initialize(
        kind=st.sampled_from(["conversation", "stream", "request_response"]),
        is_optimistic=st.booleans(),
        most=st.sampled_from([0, 0, 3]),
        crash=CRASH,
    )
    def begin(self, kind: Any, is_optimistic: bool, most: int, crash: str) -> None:
        self.is_wished_for = False
        allowed = Allowed(BOB.responder(), replace(FREE, max_messages=most))
        alice = asking(ALICE, BOB, kind, first="0:0")
        first = alice.held[0]
        knocked = knock(alice, BOB, first if is_optimistic else None)
        self.sides = [
            BadSide(ALICE, Kept(snapshot.save(alice.state), unsettled=(first,))),
            BadSide(BOB, Kept(snapshot.save(knocked))),
        ]
        self.said[0].append("0:0")
        self.sides[1].take(allowed, crash)
        if crash == "before":
            self.sides[1].take(allowed)
        self.collect()

    @rule(who=st.integers(0, 1), count=st.sampled_from([1, 1, 2, 70]), crash=CRASH)
    def say(self, who: int, count: int, crash: str) -> None:
        side = self.sides[who]
        if not _takes_messages(side.state):
            return
        texts = [f"{who}:{len(self.said[who]) + place}" for place in range(count)]
        side.take(Send(tuple(self._saying(who, text) for text in texts)), crash)
        if crash != "before":
            self.said[who] += texts
        self.collect()

    def _saying(self, who: int, text: str) -> Saying:
        """Return a message; Bob answers what is asked of him."""
        side = self.sides[who]
        saying = Dialogue(side.us, side.state).saying(text)  # type: ignore[arg-type]
        alice = self.sides[0].state
        if who == 1 and isinstance(alice, Open) and alice.unanswered:
            return replace(saying, in_reply_to=alice.unanswered[0])
        return saying

    @rule(who=st.integers(0, 1), crash=CRASH)
    def read(self, who: int, crash: str) -> None:
        side = self.sides[who]
        shown = tuple(number for number in side.kept.heard if number <= side.kept.shown)
        if isinstance(side.state, Open | Resting):
            side.take(Read(shown), crash)
        self.collect()

    @rule(who=st.integers(0, 1), reason=REASON, crash=CRASH)
    def part(self, who: int, reason: str, crash: str) -> None:
        side = self.sides[who]
        if isinstance(side.state, Open) and side.state.cipher.can_send:
            side.take(Close(reason), crash)
            self.is_wished_for = self.is_wished_for or reason != CERTIFICATE_EXPIRED
        self.collect()

    @rule(who=st.integers(0, 1), reason=REASON)
    def part_when_calm(self, who: int, reason: str) -> None:
        self._fair(rounds=1)
        self.say(1 - who, 1, "")
        self.part(who, reason, "")

    @rule(reason=REASON)
    def both_part(self, reason: str) -> None:
        self._fair(rounds=1)
        self.part(0, reason, "")
        self.part(1, reason, "")

    @rule(crash=CRASH)
    def both_have_more_to_say_than_was_agreed(self, crash: str) -> None:
        self._fair(rounds=1)
        for who in (0, 1):
            self.say(who, 4, crash)

    @rule(who=st.integers(0, 1))
    def say_when_calm(self, who: int) -> None:
        self._fair(rounds=1)
        self.say(who, 1, "")

    @invariant()
    def what_is_shown_was_said_and_is_in_order(self) -> None:
        for who, side in enumerate(self.sides):
            heard = side.shown_texts()
            assert heard == [text for text in self.said[1 - who] if text in set(heard)]
            unread = len(side.kept.heard) - _read(side.state)
            if isinstance(side.state, Open) and side.state.terms.request.type == "stream":
                assert unread <= 100

    def teardown(self) -> None:
        if not self.sides:
            return
        self.wires = [[], []]
        self._fair()
        for who, side in enumerate(self.sides):
            heard = set(self.sides[1 - who].shown_texts())
            elsewhere = {text_of(it) for it in side.kept.elsewhere}
            failed = {text_of(it) for it in side.kept.failed}
            waiting = {text_of(it) for it in side.kept.unsettled}
            said = set(self.said[who])
            assert said <= heard | elsewhere | failed | waiting | self.buried[who]
            assert not heard & (elsewhere | failed)
            assert not waiting or isinstance(side.state, Open), "what waits has a session"
            assert not failed or self.is_wished_for, "nobody ended it"
        states = [side.state for side in self.sides]
        assert not any(isinstance(state, Open) and state.closing for state in states)
        ends = {type(state) for state in states}
        assert len(ends) == 1, ends
        assert not any(side.kept.errands for side in self.sides)

    def _fair(self, rounds: int = 8) -> None:
        """Offer, carry and read everything until both are silent."""
        for _ in range(rounds):
            for who in (0, 1):
                self.offer_again(who)
                self.read(who, "")
            self.carry_all()


def _takes_messages(state: object) -> bool:
    """Whether a node would say something in this session."""
    match state:
        case Knocking():
            return True
        case Open(closing=closing):
            return not closing or (closing == COMPLETED and state.terms.ours)
        case Resting(talk=talk):
            return state.terms.ours and talk.confirmed.up_to == talk.next_sequence - 1
        case _:
            return False


def _read(state: object) -> int:
    open_state = state.talk if isinstance(state, Resting) else state
    return open_state.consumed.count if isinstance(open_state, Open | Ended) else 0


TestLives: Any = Lives.TestCase
TestLives.settings = settings(max_examples=40, stateful_step_count=30)
