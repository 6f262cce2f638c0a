"""The store, and all that is said to it and by it: import them from here.

A turn hands over a list of changes; the store keeps all of them or none, and says so only when
they are on the disk.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import msgspec

from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.storage.changes import (
    Change,
    Confirm,
    Consume,
    Deliver,
    DropCard,
    DropContact,
    DropErrand,
    DropErrands,
    DropPrekey,
    DropSession,
    Judge,
    Move,
    Put,
    Release,
    Remember,
    Renew,
    Settle,
    SettleAll,
    SetValue,
)
from agentmesh.storage.rows import (
    CardRow,
    ContactRow,
    ErrandRow,
    IncomingRow,
    KnockRow,
    Outcome,
    OutgoingRow,
    PrekeyKind,
    PrekeyRow,
    Row,
    SessionRow,
)

__all__ = [
    "CardRow",
    "Change",
    "Confirm",
    "Consume",
    "ContactRow",
    "Counts",
    "Deliver",
    "DropCard",
    "DropContact",
    "DropErrand",
    "DropErrands",
    "DropPrekey",
    "DropSession",
    "ErrandRow",
    "IncomingRow",
    "Judge",
    "KnockRow",
    "Move",
    "Outcome",
    "OutgoingRow",
    "PrekeyKind",
    "PrekeyRow",
    "Put",
    "Release",
    "Remember",
    "Renew",
    "Row",
    "SessionRow",
    "SetValue",
    "Settle",
    "SettleAll",
    "Store",
    "Unread",
]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What `status` shows."""

    unread: int
    outbox: int
    knocks_pending: int
    one_time_prekeys: int


class WantedSessions(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions: in these phases, of one peer if it is named, the last by `moment` first.

    `before`: those only that come after this one in that order.
    """

    phases: frozenset[str] = frozenset()
    peer: Amid | None = None
    moment: Literal["opened_at", "updated_at"] = "opened_at"
    before: SessionId | None = None
    limit: int


class FoundSessions(NamedTuple):
    """The last of them, and how many there are without `before` and `limit`."""

    rows: list[SessionRow]
    total: int


class Unread(NamedTuple):
    """How many bytes: `shown` to the agent, or `waiting` for a number that is missing."""

    shown: int
    waiting: int


class ContactName(NamedTuple):
    """What a contact is called, as it stands on the disk; who acts on it reads the contact."""

    amid: Amid
    alias: str
    name: str


class Store(Protocol):
    """Everything the node keeps."""

    async def commit(self, changes: Sequence[Change]) -> None:
        """Keep all of the changes or none; return when they are on the disk.

        Commits that wait together share one fsync. Raises `StorageError` (`disk_full`,
        `storage_readonly`, `storage_locked`, `storage_failed`) and has then changed nothing.
        Cancelling the caller does not take the commit back.
        """

    async def session(self, session_id: SessionId) -> SessionRow | None:
        """Return a session; one that cannot be read is set aside with a warning, and is None."""

    async def sessions(self, peer: Amid | None = None) -> list[SessionRow]:
        """Return the sessions, newest first."""

    async def open_sessions(self, now: float) -> int:
        """Return how many sessions are open, and not past their time."""

    async def last_sessions(self, wanted: WantedSessions) -> FoundSessions:
        """Return some sessions, the last first; only what is returned is read whole."""

    async def outgoing(self, message_id: MessageId) -> OutgoingRow | None:
        """Return one message of ours."""

    async def unsettled(self, *session_ids: SessionId) -> list[OutgoingRow]:
        """Return these sessions' messages which the peer has not confirmed, as they were said."""

    async def held(self, session_id: SessionId) -> list[OutgoingRow]:
        """Return those of them which have no number yet."""

    async def expired_outgoing(self, now: float) -> list[OutgoingRow]:
        """Return unsettled messages whose time is over."""

    async def incoming(self, message_id: MessageId, peer: Amid | None = None) -> IncomingRow | None:
        """Return one message that came; without `peer` the first of this id."""

    async def inbox(
        self, *, unread: bool, peer: Amid | None, after: int, limit: int
    ) -> list[IncomingRow]:
        """Return released messages with a position above `after`, in order."""

    async def newest(self, peer: Amid | None, limit: int) -> list[IncomingRow]:
        """Return the last released messages, in order."""

    async def unread(self, peer: Amid) -> Unread:
        """Return how large all is that came from a peer and was not read yet."""

    async def errands(self) -> list[ErrandRow]:
        """Return the errands, oldest first."""

    async def errand(self, errand_id: str) -> ErrandRow | None:
        """Return one errand."""

    async def knock(self, knock_id: SessionId) -> KnockRow | None:
        """Return one KNOCK."""

    async def knocks(self, *, pending: bool, limit: int) -> list[KnockRow]:
        """Return KNOCKs, newest first."""

    async def contact(self, amid: Amid) -> ContactRow | None:
        """Return a contact."""

    async def contacts(self) -> list[ContactRow]:
        """Return all contacts by alias, name, AMID."""

    async def contact_names(self) -> list[ContactName]:
        """Return what all are called, in no order; no seal is opened for it."""

    async def card(self, drawer: str, name: str) -> CardRow | None:
        """Return one card."""

    async def cards(self, drawer: str) -> list[CardRow]:
        """Return a drawer's cards, oldest first."""

    async def cards_named(self, drawer: str, names: Sequence[str]) -> list[CardRow]:
        """Return those cards of a drawer that have one of a few names, in no order."""

    async def prekeys(self, kind: PrekeyKind) -> list[PrekeyRow]:
        """Return prekeys of one kind, by id."""

    async def prekey(self, kind: PrekeyKind, prekey_id: int) -> PrekeyRow | None:
        """Return one prekey."""

    async def remembers(self, peer: Amid, seen_id: str) -> bool:
        """Whether this id came from this peer before."""

    async def value(self, name: str) -> bytes | None:
        """Return a named value."""

    async def counts(self) -> Counts:
        """Return the figures for `status`."""

    async def clean(self, now: float) -> int:
        """Erase what is past its time; return how many rows went. Bounded work per call."""

    def warnings(self) -> list[str]:
        """Return what was set aside because it could not be read."""
