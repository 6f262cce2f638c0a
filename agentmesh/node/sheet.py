"""What a turn leaves behind: changes, errands, frames, notices. One sheet, one commit."""

from copy import copy

import msgspec

from agentmesh.errors import UsageError
from agentmesh.messages.envelope import Envelope
from agentmesh.messages.payloads import is_house_mail, known_type
from agentmesh.node.notices import Notice
from agentmesh.protocol import session_receipt
from agentmesh.protocol.ids import Amid, FrameId, MessageId, SessionId
from agentmesh.protocol.limits import MAILBOX_SECONDS, SESSION_RECEIPT_SECONDS
from agentmesh.protocol.session_receipt import SessionReceipt
from agentmesh.session import effects as wanted
from agentmesh.session.effects import AnyEffect
from agentmesh.storage import interface as kept
from agentmesh.storage.interface import (
    CardRow,
    Change,
    Deliver,
    DropErrand,
    DropErrands,
    DropPrekey,
    ErrandRow,
    IncomingRow,
    OutgoingRow,
    Release,
)

MISBEHAVED = "peer_misbehaved"
"""The kind of the notice that a peer broke what was agreed with it."""
HOUSE_MAIL = "house_mail"
"""The kind of errand by which the daemons' own mail is read."""


class Letter(msgspec.Struct, frozen=True):
    """A message from daemon to daemon, as it is kept."""

    session_id: SessionId
    envelope: Envelope


class Sheet(msgspec.Struct):
    """Everything that effects want, gathered until it is saved."""

    peer: Amid
    now: float
    changes: list[Change] = []
    errands: dict[str, ErrandRow] = {}
    once: dict[tuple[SessionId, str], wanted.EmitOnce] = {}
    receipts: dict[SessionId, wanted.Acknowledge] = {}
    sequences: dict[str, list[int]] = {}
    dropped: list[Change] = []
    notices: list[Notice] = []
    rows: dict[MessageId, OutgoingRow] = {}
    loaded: dict[MessageId, OutgoingRow] = {}
    unhold: set[SessionId] = msgspec.field(default_factory=set)
    moved_into: set[SessionId] = msgspec.field(default_factory=set)
    start_over: dict[SessionId, wanted.StartOver] = {}
    receipted: set[SessionId] = msgspec.field(default_factory=set)
    lost: set[SessionId] = msgspec.field(default_factory=set)
    withheld: list[Deliver] = []
    heard: dict[tuple[SessionId, int], Envelope] = {}

    def copy(self) -> "Sheet":
        """Return this sheet as it is now, to come back to when a job fails half-way."""
        other = copy(self)
        for name in _PILES:
            setattr(other, name, getattr(self, name).copy())
        return other

    def note(self, session_id: SessionId, effect: AnyEffect) -> None:
        match effect:
            case wanted.Hear(envelope):  # the most frequent by far
                self._hear(session_id, envelope)
            case wanted.Emit(frame_id, message_type, payload):
                self._errand(session_id, frame_id, message_type, payload)
            case wanted.Resolve() | wanted.AskPolicy() | wanted.CheckChain():
                name, kind = _ASKING[type(effect)]
                self._errand(session_id, f"{name}-{session_id}", kind, b"")
            case wanted.EmitOnce():
                self.once[session_id, effect.message_type] = effect
            case wanted.Number(frame_id, messages):
                self._number(frame_id, messages)
            case wanted.Unhold():
                self.unhold.add(session_id)
            case wanted.StartOver():
                self.start_over[session_id] = effect
            case wanted.TellLost():
                self.lost.add(session_id)
            case _:
                self._change(session_id, effect)

    def _change(self, session_id: SessionId, effect: AnyEffect) -> None:
        match effect:
            case wanted.Drop(frame_id):
                self._drop(DropErrand(frame_id))
            case wanted.DropAll(kind):
                self._drop(DropErrands(session_id, kind))
            case wanted.ShowUpTo(sequence):
                self.changes.append(Release(session_id, sequence))
            case wanted.Confirm(numbers, consumed):
                outcome: kept.Outcome = "consumed" if consumed else "delivered"
                self._drop(kept.Confirm(session_id, numbers.up_to, numbers.also, outcome))
                self.tell(outcome, session_id)
            case wanted.SpendPrekey(prekey_id):
                self.changes.append(DropPrekey("one_time", prekey_id))
            case wanted.Fail(refused=refused, reason=reason):
                outcome = "refused" if refused else "undeliverable"
                self._drop(kept.SettleAll(session_id, outcome, reason, effect.held_only))
                self.tell(outcome, session_id, reason=reason)
            case wanted.Unsayable(message_ids, reason):
                self.changes.append(kept.Settle(message_ids, "undeliverable", reason))
                self.tell("undeliverable", session_id, reason=reason)
            case _:
                self._tell_of(session_id, effect)

    def _tell_of(self, session_id: SessionId, effect: AnyEffect) -> None:
        match effect:
            case wanted.Began(suite):
                self.tell("session_started", session_id, suite=suite)
            case wanted.Over(reason, by_peer):
                self.tell("session_closed", session_id, reason=reason, by_peer=by_peer)
            case wanted.Broke(code):
                self.tell(MISBEHAVED, session_id, code=code)
            case wanted.Acknowledge():
                self.receipts[session_id] = effect  # the last says all
            case wanted.KeepReceipt(receipt):
                self.changes.append(kept.Put(self._card(session_id, receipt)))
            case _:
                raise UsageError(f"effect_unknown_{type(effect).__name__.lower()}")

    def _card(self, session_id: SessionId, receipt: SessionReceipt) -> CardRow:
        return CardRow(
            drawer=session_receipt.DRAWER,
            name=session_id,
            body=session_receipt.encode(receipt),
            created_at=self.now,
            expires_at=self.now + SESSION_RECEIPT_SECONDS,
        )

    def _errand(self, session_id: SessionId, errand_id: str, kind: str, body: bytes) -> None:
        errand = ErrandRow(
            errand_id=errand_id,
            peer=self.peer,
            session_id=session_id,
            kind=kind,
            body=body,
            created_at=self.now,
            expires_at=self.now + MAILBOX_SECONDS,
        )
        self.errands[errand_id] = errand
        if kind == "message":  # what a receipt would tell is told in it
            self.receipts.pop(session_id, None)
            self.receipted.add(session_id)

    def withhold(self, change: Deliver) -> None:
        """Keep a message from the agent; only the owner's transcript has it."""
        self.forget(change)
        self.withheld.append(change)

    def envelope(self, row: IncomingRow) -> Envelope:
        """Return the envelope that a row of this turn's keeps."""
        return self.heard[row.session_id, row.sequence]

    def news_in(self, session_id: SessionId) -> int:
        """Return how many messages came in a session."""
        return sum(name == session_id for name, _ in self.heard)

    def forget(self, change: Deliver) -> None:
        """Take a message out, and the news of it."""
        self.changes.remove(change)
        name = change.row.message_id
        self.notices = [notice for notice in self.notices if not _is_of(notice, name)]

    def say_lost(self, session_id: SessionId) -> None:
        """Tell the peer that we have not got this session, or not any more."""
        self._errand(session_id, f"lost-{session_id}", "session_lost", b"")

    def _number(self, frame_id: FrameId, messages: tuple[tuple[MessageId, int], ...]) -> None:
        self.sequences[frame_id] = [sequence for _, sequence in messages]
        for message_id, sequence in messages:
            row = self.rows.get(message_id) or self.loaded[message_id]
            self.rows[message_id] = msgspec.structs.replace(
                row, sequence=sequence, frame_id=frame_id, outcome="queued"
            )

    def _drop(self, change: Change) -> None:
        """Keep what ends errands, for the store and for whoever runs them."""
        if isinstance(change, DropErrand):
            self.errands.pop(change.errand_id, None)
        elif isinstance(change, DropErrands):
            self.errands = {
                name: errand for name, errand in self.errands.items() if not _ends(change, errand)
            }
        self.changes.append(change)
        self.dropped.append(change)

    def _hear(self, session_id: SessionId, envelope: Envelope) -> None:
        if is_house_mail(envelope.type):
            self._take_house_mail(session_id, envelope)
            return
        row = IncomingRow(
            message_id=envelope.id,
            peer=self.peer,
            session_id=session_id,
            sequence=envelope.sequence,
            type=envelope.type,
            body=msgspec.msgpack.encode(envelope),
            received_at=self.now,
        )
        self.changes.append(Deliver(row))
        self.heard[session_id, envelope.sequence] = envelope
        self.notices.append(
            Notice(
                kind="message_received",
                peer=self.peer,
                session_id=session_id,
                message_id=envelope.id,
                in_reply_to=envelope.in_reply_to,
                fields={"type": known_type(envelope.type), "sequence": envelope.sequence},
            )
        )

    def _take_house_mail(self, session_id: SessionId, envelope: Envelope) -> None:
        """Keep what is for us and not for the agent; it outlives its session."""
        body = msgspec.msgpack.encode(Letter(session_id, envelope))
        errand_id = f"mail-{self.peer}-{envelope.id}"  # ids are the peer's choice: not alone
        self._errand(SessionId(errand_id), errand_id, HOUSE_MAIL, body)

    def tell(self, kind: str, session_id: SessionId, **fields: str | int | bool) -> None:
        notice = Notice(kind=kind, peer=self.peer, session_id=session_id, fields=fields)
        self.notices.append(notice)


def _is_of(notice: Notice, message_id: MessageId) -> bool:
    return notice.kind == "message_received" and notice.message_id == message_id


_ASKING: dict[type[AnyEffect], tuple[str, str]] = {
    wanted.Resolve: ("resolve", "resolve"),
    wanted.AskPolicy: ("policy", "ask_policy"),
    wanted.CheckChain: ("chain", "check_chain"),
}
_PILES = tuple(name for name in Sheet.__struct_fields__ if name not in ("peer", "now"))


def _ends(change: DropErrands, errand: ErrandRow) -> bool:
    return change.session_id == errand.session_id and change.kind in ("", errand.kind)
