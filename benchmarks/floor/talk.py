"""One session of the floor: events in, a commit, and only then frames and texts out."""

import asyncio
from collections.abc import Callable, Collection, Sequence

import msgspec

from agentmesh.messages.envelope import Envelope
from agentmesh.protocol import session_receipt
from agentmesh.protocol.ids import FrameId, MessageId, uuid7
from agentmesh.session import effects as wanted
from agentmesh.session import snapshot
from agentmesh.session.events import AnyEvent, Saying, Send, Unheld
from agentmesh.session.keyring import KeyRing
from agentmesh.session.machine import step
from agentmesh.session.numbers import Numbers
from agentmesh.session.receipts import sealed
from agentmesh.session.states import AnyState
from benchmarks.floor.ledger import Ledger

RECEIPT_SECONDS = 0.02
"""As long as a daemon waits for a message that takes the receipt along."""


class Talk:
    """Takes the steps of the protocol, saves before it sends, and shows what is saved."""

    def __init__(
        self,
        ring: KeyRing,
        state: AnyState,
        ledger: Ledger,
        emit: Callable[[bytes], None],
        show: Callable[[str], None],
    ) -> None:
        self.state = state
        self._ring = ring
        self._ledger = ledger
        self._emit = emit
        self._show = show
        self._held: dict[MessageId, Saying] = {}
        self._numbered: dict[int, tuple[MessageId, FrameId]] = {}
        self._offered: dict[FrameId, str] = {}
        self._heard: dict[int, Envelope] = {}
        self._owed: wanted.Acknowledge | None = None
        self._leaving: list[bytes] = []
        self._shown: list[Envelope] = []
        self._is_due = False
        self.has_room = asyncio.Event()

    def say(self, texts: Sequence[str], *also: AnyEvent) -> None:
        """Say texts; they are on the disk, and what may leave has left."""
        ring = self._ring
        for text in texts:
            saying = Saying(
                message_id=MessageId(uuid7(ring.clock.now(), ring.entropy)),
                type="text",
                payload=msgspec.json.encode({"text": text}),
                timestamp=ring.milliseconds(),
            )
            self._held[saying.message_id] = saying
            self._ledger.keep("said", saying.message_id, saying.payload)
        self._is_due = True
        self.turn(Send(tuple(self._held.values())), *also)

    def turn(self, *events: AnyEvent) -> None:
        """Take what happened. What a receipt changes waits for the next commit: it may be lost."""
        for event in events:
            self._step(event)
        if self._is_due:
            self._ledger.keep("states", self.state.terms.session_id, snapshot.save(self.state))
            self._ledger.commit()
            self._is_due = False
        leaving, self._leaving = self._leaving, []
        shown, self._shown = self._shown, []
        if self._held:
            self.has_room.clear()
        else:
            self.has_room.set()
        for frame in leaving:
            self._emit(frame)
        for envelope in shown:
            self._show(msgspec.json.decode(envelope.payload)["text"])

    def _step(self, event: AnyEvent) -> None:
        self.state, effects = step(self.state, event, self._ring)
        for effect in effects:
            self._carry_out(effect)
        if wanted.Unhold() in effects:
            self._step(Unheld(tuple(self._held.values())))

    def _carry_out(self, effect: wanted.AnyEffect) -> None:
        match effect:
            case wanted.Emit(frame_id, kind, payload):
                self._offer(frame_id, kind, payload)
            case wanted.EmitOnce(_, payload):
                self._leaving.append(payload)
            case wanted.Acknowledge():
                self._owe(effect)
            case wanted.Number(frame_id, messages):
                for message_id, sequence in messages:
                    self._numbered[sequence] = message_id, frame_id
                    del self._held[message_id]
            case wanted.Hear(envelope):
                self._heard[envelope.sequence] = envelope
                self._ledger.keep("heard", envelope.id, msgspec.msgpack.encode(envelope))
                self._is_due = True
            case wanted.ShowUpTo(sequence):
                visible = sorted(it for it in self._heard if it <= sequence)
                self._shown += [self._heard.pop(it) for it in visible]
            case wanted.Confirm(numbers, _):
                self._confirmed(numbers)
            case _:
                self._tidy_up(effect)

    def _tidy_up(self, effect: wanted.AnyEffect) -> None:
        match effect:
            case wanted.Drop(frame_id):
                self._ledger.drop("frames", [frame_id])
            case wanted.DropAll(kind):
                names = [name for name, it in self._offered.items() if kind in {"", it}]
                self._forget(names)
            case wanted.SpendPrekey(number):
                self._ledger.drop("prekeys", [str(number)])
            case wanted.KeepReceipt(receipt):
                name = self.state.terms.session_id
                self._ledger.keep("receipts", name, session_receipt.encode(receipt))
            case wanted.Unhold() | wanted.Began():
                pass
            case _:
                raise RuntimeError(f"the floor went out of its way: {effect!r}")

    def _offer(self, frame_id: FrameId, kind: str, payload: bytes) -> None:
        self._offered[frame_id] = kind
        self._ledger.keep("frames", frame_id, payload)
        self._leaving.append(payload)
        self._is_due = True
        if kind == "message":  # it tells what a receipt would
            self._owed = None

    def _confirmed(self, numbers: Numbers) -> None:
        done = [self._numbered.pop(it) for it in sorted(self._numbered) if it in numbers]
        self._ledger.drop("said", [message_id for message_id, _ in done])
        open_ones = {frame_id for _, frame_id in self._numbered.values()}
        self._forget({frame_id for _, frame_id in done} - open_ones)

    def _forget(self, names: Collection[FrameId]) -> None:
        for name in names:
            del self._offered[name]
        self._ledger.drop("frames", names)

    def _owe(self, receipt: wanted.Acknowledge) -> None:
        if self._owed is None:
            asyncio.get_running_loop().call_later(RECEIPT_SECONDS, self._settle)
        self._owed = receipt

    def _settle(self) -> None:
        owed, self._owed = self._owed, None
        if owed is not None:
            self._emit(sealed(owed, self._ring.entropy).payload)
