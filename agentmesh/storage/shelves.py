"""Changes in memory: what `applying.py` says in SQL, on dictionaries in the order of the rows."""

import math
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from msgspec.structs import replace

from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.protocol.limits import SESSION_ERASE_SECONDS
from agentmesh.storage import changes, cleaning
from agentmesh.storage.changes import Change, Confirm, Settle, SettleAll
from agentmesh.storage.rows import (
    CardRow,
    ContactRow,
    ErrandRow,
    IncomingRow,
    KnockRow,
    Outcome,
    OutgoingRow,
    PrekeyRow,
    SessionRow,
)

UNSETTLED = frozenset({"held", "queued"})


class Shelves:
    """Everything that is kept, by key."""

    def __init__(self) -> None:
        self.sessions: dict[SessionId, SessionRow] = {}
        self.outgoing: dict[MessageId, OutgoingRow] = {}
        self.incoming: dict[tuple[MessageId, Amid], IncomingRow] = {}
        self.errands: dict[str, ErrandRow] = {}
        self.knocks: dict[SessionId, KnockRow] = {}
        self.contacts: dict[Amid, ContactRow] = {}
        self.cards: dict[tuple[str, str], CardRow] = {}
        self.prekeys: dict[tuple[str, int], PrekeyRow] = {}
        self.seen: dict[tuple[Amid, str], float] = {}
        self.named: dict[str, bytes] = {}
        self.last_position = 0

    def copy(self) -> "Shelves":
        """Return shelves that can be changed without a trace on these."""
        other = copy(self)
        for name, shelf in vars(self).items():
            setattr(other, name, copy(shelf))
        return other

    def apply(self, turn: Sequence[Change]) -> None:
        """Carry out the changes in their order."""
        for change in turn:
            _APPLY[type(change)](self, change)

    def clean(self, now: float) -> int:
        """Erase and mark what is past its time; return how many rows it were."""
        message = now - cleaning.MESSAGE_SECONDS
        expired = [
            k for k in self.knocks.values() if k.verdict == "pending" and k.expires_at <= now
        ]
        for knock in expired:
            self.knocks[knock.knock_id] = replace(knock, verdict="dismissed", reason="expired")
        gone = len(expired)
        gone += _drop(
            self.knocks,
            lambda k: k.verdict != "pending" and k.received_at <= now - cleaning.KNOCK_SECONDS,
        )
        gone += _drop(self.seen, lambda until: until <= now)
        for row in self.incoming.values():
            if _is_consumed(row, message):
                self.remember(row.peer, row.message_id, now + cleaning.REMEMBER_SECONDS)
        gone += _drop(self.incoming, lambda row: _is_consumed(row, message))
        gone += _drop(
            self.outgoing, lambda m: m.outcome not in UNSETTLED and m.created_at <= message
        )
        gone += _drop(self.cards, lambda c: c.expires_at is not None and c.expires_at <= now)
        return gone + _drop(self.sessions, lambda s: s.expires_at <= now - SESSION_ERASE_SECONDS)

    def remember(self, peer: Amid, seen_id: str, until: float) -> None:
        """Never accept this id from this peer again, until then."""
        self.seen[peer, seen_id] = max(until, self.seen.get((peer, seen_id), until))

    def settle(self, messages: Sequence[OutgoingRow], outcome: Outcome, reason: str) -> None:
        """Move outcomes forward, and drop the frames of these messages with nothing open left."""
        if outcome not in UNSETTLED:
            self._drop_closed(messages)
        for message in messages:
            if message.outcome in UNSETTLED and (message.outcome, outcome) != ("queued", "held"):
                body = message.body if outcome in UNSETTLED else b""
                settled = replace(message, outcome=outcome, reason=reason, body=body)
                self.outgoing[message.message_id] = settled
            elif (message.outcome, outcome) == ("delivered", "consumed"):
                self.outgoing[message.message_id] = replace(message, outcome="consumed")

    def first_of_id(self, message_id: MessageId, peer: Amid | None) -> IncomingRow | None:
        """Return the message of this id; of several the one that was shown first."""
        found = (
            row
            for row in self.incoming.values()
            if row.message_id == message_id and peer in {None, row.peer}
        )
        return min(found, key=lambda row: row.position or math.inf, default=None)

    def _drop_closed(self, messages: Sequence[OutgoingRow]) -> None:
        """Drop the frames of which nothing but these messages is open."""
        names = {m.message_id for m in messages}
        others = {
            (m.session_id, str(m.frame_id))
            for m in self.outgoing.values()
            if m.outcome in UNSETTLED and m.sequence and m.message_id not in names
        }
        for frame in {str(m.frame_id) for m in messages if m.outcome in UNSETTLED}:
            if frame in self.errands and (self.errands[frame].session_id, frame) not in others:
                del self.errands[frame]


def _drop(shelf: dict[Any, Any], is_gone: Callable[[Any], bool]) -> int:
    gone = [key for key, value in shelf.items() if is_gone(value)]
    for key in gone:
        del shelf[key]
    return len(gone)


def _is_consumed(row: IncomingRow, before: float) -> bool:
    return row.consumed_at is not None and row.consumed_at <= before


def _put(shelves: Shelves, change: changes.Put) -> None:
    match change.row:
        case SessionRow() as row:
            shelves.sessions[row.session_id] = row
        case OutgoingRow() as row:
            shelves.outgoing[row.message_id] = row
        case ErrandRow() as row:
            shelves.errands[row.errand_id] = row
        case KnockRow() as row:
            shelves.knocks[row.knock_id] = row
        case ContactRow() as row:
            shelves.contacts[row.amid] = row
        case CardRow() as row:
            shelves.cards[row.drawer, row.name] = row
        case PrekeyRow() as row:
            shelves.prekeys[row.kind, row.id] = row


def _move(shelves: Shelves, change: changes.Move) -> None:
    kept, row = shelves.outgoing.get(change.row.message_id), change.row
    if kept is not None and kept.outcome in UNSETTLED:
        shelves.outgoing[row.message_id] = replace(
            kept,
            session_id=row.session_id,
            sequence=row.sequence,
            frame_id=row.frame_id,
            outcome=row.outcome,
            reason=row.reason,
        )


def _renew(shelves: Shelves, change: changes.Renew) -> None:
    if (change.row.kind, change.row.id) in shelves.prekeys:
        shelves.prekeys[change.row.kind, change.row.id] = change.row


def _deliver(shelves: Shelves, change: changes.Deliver) -> None:
    row = change.row
    if (row.peer, row.message_id) not in shelves.seen:
        shelves.incoming.setdefault((row.message_id, row.peer), row)


def _release(shelves: Shelves, change: changes.Release) -> None:
    waiting = [
        (key, row)
        for key, row in shelves.incoming.items()
        if row.session_id == change.session_id
        and row.position is None
        and row.sequence <= change.up_to
    ]
    for key, row in sorted(waiting, key=lambda item: item[1].sequence):
        shelves.last_position += 1
        shelves.incoming[key] = replace(row, position=shelves.last_position)


def _settle(shelves: Shelves, change: Settle) -> None:
    found = [shelves.outgoing[i] for i in change.message_ids if i in shelves.outgoing]
    shelves.settle(found, change.outcome, change.reason)


def _confirm(shelves: Shelves, change: Confirm) -> None:
    found = [
        message
        for message in shelves.outgoing.values()
        if message.session_id == change.session_id
        and message.sequence is not None
        and (message.sequence <= change.up_to or message.sequence in change.also)
    ]
    shelves.settle(found, change.outcome, "")


def _settle_all(shelves: Shelves, change: SettleAll) -> None:
    found = [
        message
        for message in shelves.outgoing.values()
        if message.session_id == change.session_id
        and message.outcome in UNSETTLED
        and (message.sequence is None or not change.held_only)
    ]
    shelves.settle(found, change.outcome, change.reason)


def _judge(shelves: Shelves, change: changes.Judge) -> None:
    knock = shelves.knocks.get(change.knock_id)
    if knock is not None and knock.verdict == "pending":
        judged = replace(knock, verdict=change.verdict, reason=change.reason)
        shelves.knocks[knock.knock_id] = judged


def _drop_errands(shelves: Shelves, change: changes.DropErrands) -> None:
    _drop(
        shelves.errands,
        lambda e: e.session_id == change.session_id and change.kind in {e.kind, ""},
    )


def _drop_session(shelves: Shelves, change: changes.DropSession) -> None:
    shelves.sessions.pop(change.session_id, None)
    _drop_errands(shelves, changes.DropErrands(change.session_id))


def _consume(shelves: Shelves, change: changes.Consume) -> None:
    row = shelves.first_of_id(change.message_id, change.peer)
    if row is not None and row.consumed_at is None:
        shelves.incoming[row.message_id, row.peer] = replace(row, consumed_at=change.at)


def _set_value(shelves: Shelves, change: changes.SetValue) -> None:
    shelves.named[change.name] = change.value
    if not change.value:
        del shelves.named[change.name]


_APPLY: dict[type[Change], Callable[[Shelves, Any], object]] = {
    changes.Put: _put,
    changes.Move: _move,
    changes.Renew: _renew,
    changes.Deliver: _deliver,
    changes.Release: _release,
    changes.Settle: _settle,
    changes.Confirm: _confirm,
    changes.SettleAll: _settle_all,
    changes.Judge: _judge,
    changes.DropErrand: lambda shelves, change: shelves.errands.pop(change.errand_id, None),
    changes.DropErrands: _drop_errands,
    changes.DropPrekey: lambda shelves, c: shelves.prekeys.pop((c.kind, c.id), None),
    changes.DropSession: _drop_session,
    changes.DropCard: lambda shelves, c: shelves.cards.pop((c.drawer, c.name), None),
    changes.DropContact: lambda shelves, change: shelves.contacts.pop(change.amid, None),
    changes.Consume: _consume,
    changes.Remember: lambda shelves, c: shelves.remember(c.peer, c.id, c.until),
    changes.SetValue: _set_value,
}
