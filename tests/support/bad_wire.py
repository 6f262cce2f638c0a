"""Two sides of a session as daemons hold them, on a wire that does everything wires do.

A side keeps what its store would keep: the state, the messages without a number, the frames that
are not confirmed. A crash forgets all else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from agentmesh.errors import AgentMeshError
from agentmesh.messages.envelope import Envelope
from agentmesh.messages.strict_json import read_json
from agentmesh.protocol import frames
from agentmesh.protocol.frames import SealedToReplyKey
from agentmesh.protocol.ids import FrameId, MessageId
from agentmesh.protocol.limits import MAX_PARCEL_MESSAGES
from agentmesh.session import snapshot
from agentmesh.session.effects import (
    Acknowledge,
    AnyEffect,
    Confirm,
    Drop,
    DropAll,
    Emit,
    EmitOnce,
    Fail,
    Hear,
    Number,
    ShowUpTo,
    StartOver,
    Unhold,
)
from agentmesh.session.events import AnyEvent, Expired, Saying, Send, Unheld
from agentmesh.session.machine import step
from agentmesh.session.receipts import sealed
from agentmesh.session.states import Ended, Knocking, Open, Resting
from tests.support.dialogue import Dialogue, answer_to, event_of
from tests.support.parties import Party


@dataclass(frozen=True)
class Kept:
    """What is on the disk: replaced as a whole, or not at all."""

    state: bytes
    unsettled: tuple[Saying, ...] = ()
    numbers: dict[MessageId, tuple[int, FrameId]] = field(default_factory=dict)
    errands: dict[FrameId, tuple[str, bytes]] = field(default_factory=dict)
    heard: dict[int, str] = field(default_factory=dict)
    shown: int = 0
    is_over: bool = False
    elsewhere: tuple[Saying, ...] = ()
    failed: tuple[Saying, ...] = ()


class BadSide:
    """One side. `post` is what has left it and is on its way."""

    def __init__(self, us: Party, kept: Kept) -> None:
        self.us = us
        self.kept = kept
        self.post: list[bytes] = []
        self.refused = 0

    @property
    def state(self) -> object:
        return snapshot.load(self.kept.state)

    def take(self, event: AnyEvent, crash: str = "") -> None:
        """Take a turn; with a crash before or after it is saved, nothing leaves."""
        said = event.sayings if isinstance(event, Send) else ()
        turn = _Turn(self.us, replace(self.kept, unsettled=self.kept.unsettled + said))
        turn.apply(event)
        if isinstance(event, Expired):
            turn.bury(event.sequences)
        if crash == "before":
            return
        self.kept = turn.done()
        if not crash:
            self.post += turn.leaving

    def receive(self, data: bytes, crash: str = "") -> None:
        """Take a frame; a bad one changes nothing."""
        before = self.kept
        try:
            self.take(self._event(data), crash=crash)
        except AgentMeshError:
            assert self.kept is before
            self.refused += 1

    def _event(self, data: bytes) -> AnyEvent:
        frame = frames.decode(data)
        if isinstance(frame, SealedToReplyKey):
            state = self.state
            if not isinstance(state, Knocking):
                raise AgentMeshError("answer_to_nothing")
            return answer_to(Dialogue(self.us, state), [EmitOnce("accept", data)])
        return event_of(frame)

    def offer(self) -> None:
        """Offer all that is unconfirmed."""
        self.post += [payload for _, payload in self.kept.errands.values()]

    def numbers(self) -> list[int]:
        """Return the numbers under which unconfirmed messages travel."""
        waiting = {saying.message_id for saying in self.kept.unsettled}
        return [n for m, (n, _) in self.kept.numbers.items() if m in waiting]

    def shown_texts(self) -> list[str]:
        return [
            text for number, text in sorted(self.kept.heard.items()) if number <= self.kept.shown
        ]


class _Turn:
    """One turn: every effect on a copy of what is kept."""

    def __init__(self, us: Party, kept: Kept) -> None:
        self._us = us
        self._state = snapshot.load(kept.state)
        self._unsettled = list(kept.unsettled)
        self._numbers = dict(kept.numbers)
        self._errands = dict(kept.errands)
        self._heard = dict(kept.heard)
        self._shown = kept.shown
        self._is_over = kept.is_over
        self._elsewhere = list(kept.elsewhere)
        self._failed = list(kept.failed)
        self.leaving: list[bytes] = []

    def apply(self, event: AnyEvent) -> None:
        was_open = isinstance(self._state, Open)
        self._state, effects = step(self._state, event, self._us.ring)
        for effect in sorted(effects, key=_place_in_turn):
            self._carry_out(effect)
        if was_open and isinstance(self._state, Resting | Ended):
            self._shown = max(self._heard, default=self._shown)

    def done(self) -> Kept:
        return Kept(
            state=snapshot.save(self._state),
            unsettled=tuple(self._unsettled),
            numbers=self._numbers,
            errands=self._errands,
            heard=self._heard,
            shown=self._shown,
            is_over=self._is_over,
            elsewhere=tuple(self._elsewhere),
            failed=tuple(self._failed),
        )

    def _carry_out(self, effect: AnyEffect) -> None:  # noqa: C901 (one row per effect)
        match effect:
            case Emit(frame_id, kind, payload):
                self._errands[frame_id] = (kind, payload)
                self.leaving.append(payload)
            case EmitOnce(_, payload):
                self.leaving.append(payload)
            case Acknowledge():
                self.leaving.append(sealed(effect, self._us.ring.entropy).payload)
            case Drop(frame_id):
                self._errands.pop(frame_id, None)
            case DropAll(kind):
                self._errands = {
                    name: errand
                    for name, errand in self._errands.items()
                    if kind and errand[0] != kind
                }
            case Number(frame_id, messages):
                assert len(messages) <= MAX_PARCEL_MESSAGES
                for message_id, sequence in messages:
                    self._numbers[message_id] = (sequence, frame_id)
            case Hear(envelope):
                assert envelope.sequence not in self._heard, "heard twice"
                self._heard[envelope.sequence] = text_of(envelope)
            case ShowUpTo(sequence):
                assert sequence >= self._shown
                self._shown = sequence
            case Confirm(numbers):
                self._settle({m for m, (n, _) in self._numbers.items() if n in numbers})
            case Unhold():
                held = [s for s in self._unsettled if s.message_id not in self._numbers]
                self.apply(Unheld(tuple(held)))
            case Fail(held_only=held_only):
                self._failed += self._leave(lambda number: number is None or not held_only)
                self._is_over = self._is_over or not held_only
            case StartOver(taken=taken, held_only=held_only):
                self._elsewhere += self._leave(
                    lambda number: number is None or not (held_only or number in taken)
                )
                self._is_over = self._is_over or not held_only

    def _leave(self, does: Callable[[int | None], bool]) -> list[Saying]:
        """Take out the messages that leave this session, by their numbers."""
        numbers = {name: number for name, (number, _) in self._numbers.items()}
        gone = [it for it in self._unsettled if does(numbers.get(it.message_id))]
        self._unsettled = [it for it in self._unsettled if it not in gone]
        return gone

    def _settle(self, done: set[MessageId]) -> None:
        self._unsettled = [s for s in self._unsettled if s.message_id not in done]
        self._drop_settled()

    def bury(self, numbers: tuple[int, ...]) -> None:
        """Let messages expire: their frames go with the last message in them."""
        self._settle({m for m, (n, _) in self._numbers.items() if n in numbers})

    def _drop_settled(self) -> None:
        left = {s.message_id for s in self._unsettled}
        open_frames = {f for m, (_, f) in self._numbers.items() if m in left}
        for _, frame_id in list(self._numbers.values()):
            if frame_id not in open_frames:
                self._errands.pop(frame_id, None)


def _place_in_turn(effect: AnyEffect) -> int:
    """Return when a node carries an effect out.

    What got a number is not said elsewhere, and what was held is said when all else is done.
    """
    return {Number: 0, StartOver: 1, Unhold: 3}.get(type(effect), 2)


def text_of(said: Saying | Envelope) -> str:
    """Return the words in a message."""
    return str(read_json(said.payload))


def in_flight(side: BadSide) -> int:
    """Return how many numbers the peer has not confirmed."""
    state = side.state
    return state.next_sequence - 1 - state.confirmed.up_to if isinstance(state, Open) else 0
