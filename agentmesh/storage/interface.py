"""What the node keeps, and the store it keeps it in.

A turn hands over a list of changes; the store keeps all of them or none, and says so only when
they are on the disk. `bytes` fields are sealed before they touch the disk; the other fields (AMIDs,
times, names, outcomes) are not.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from agentmesh.protocol.ids import Amid, FrameId, MessageId, SessionId

Outcome = Literal["held", "queued", "delivered", "consumed", "refused", "undeliverable"]
PrekeyKind = Literal["exchange", "signed", "kem", "one_time"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is kept. Times are seconds since 1970."""


class SessionRow(Row, frozen=True, kw_only=True):
    """A session and its state; the state is opaque here."""

    session_id: SessionId
    peer: Amid
    ours: bool
    category: str
    kind: str
    phase: str
    state: bytes
    opened_at: float
    updated_at: float
    expires_at: float


class OutgoingRow(Row, frozen=True, kw_only=True):
    """A message of ours, kept until the peer's daemon confirmed it or it expired."""

    message_id: MessageId
    peer: Amid
    session_id: SessionId
    sequence: int | None = None
    frame_id: FrameId | None = None
    type: str
    body: bytes
    outcome: Outcome = "held"
    reason: str = ""
    created_at: float
    expires_at: float


class IncomingRow(Row, frozen=True, kw_only=True):
    """A message for us. The agent sees it once `position` is set: all before it have arrived."""

    message_id: MessageId
    peer: Amid
    session_id: SessionId
    sequence: int
    position: int | None = None
    type: str
    body: bytes
    received_at: float
    consumed_at: float | None = None


class ErrandRow(Row, frozen=True, kw_only=True):
    """A saved effect, run until it is dropped. A frame to emit has its frame's id."""

    errand_id: str
    peer: Amid
    session_id: SessionId
    kind: str
    body: bytes
    created_at: float
    expires_at: float
    attempts: int = 0


class KnockRow(Row, frozen=True, kw_only=True):
    """A KNOCK that came, and what became of it."""

    knock_id: SessionId
    peer: Amid
    name: str
    category: str
    subcategory: str
    session_kind: str
    note: bytes
    received_at: float
    expires_at: float
    verdict: Literal["pending", "accepted", "rejected", "dismissed"]
    reason: str = ""


class ContactRow(Row, frozen=True, kw_only=True):
    """A peer the owner knows, or whose keys we have seen."""

    amid: Amid
    signing_key: bytes
    alias: str = ""
    name: str = ""
    description: str = ""
    trust: int = 0
    autonomy: str = ""
    verified_at: float | None = None
    suites: tuple[str, ...] = ()
    suites_sequence: int = 0
    added_at: float


class PrekeyRow(Row, frozen=True, kw_only=True):
    """A prekey or exchange key of ours, with its private half."""

    kind: PrekeyKind
    id: int
    public: bytes
    private: bytes
    created_at: float
    retired_at: float | None = None
    published: bool = False


class Change(msgspec.Struct, frozen=True):
    """One thing a turn does to the store."""


class Put(Change, frozen=True):
    """Keep this row; a row of the same name is replaced."""

    row: SessionRow | OutgoingRow | ErrandRow | KnockRow | ContactRow | PrekeyRow


class Deliver(Change, frozen=True):
    """Keep an incoming message, unless one of this id came from this peer before."""

    row: IncomingRow


class Release(Change, frozen=True):
    """Let the agent see this session's messages up to `sequence`, in their order."""

    session_id: SessionId
    up_to: int


class Settle(Change, frozen=True):
    """Give these messages of ours an outcome; a frame all of whose messages are settled is dropped.

    An outcome only moves forward: consumed stays consumed. `delivered`, `consumed`, `refused` and
    `undeliverable` settle a message; its body is erased.
    """

    message_ids: tuple[MessageId, ...]
    outcome: Outcome
    reason: str = ""


class Confirm(Change, frozen=True):
    """The peer has these sequence numbers of a session: all up to one, and single later ones.

    Like `Settle`, by number: it only moves forward, and frames with nothing open are dropped.
    """

    session_id: SessionId
    up_to: int
    also: tuple[int, ...]
    outcome: Outcome


class SettleAll(Change, frozen=True):
    """Give every unsettled message of a session an outcome, or only those without a number."""

    session_id: SessionId
    outcome: Outcome
    reason: str
    held_only: bool = False


class Move(Change, frozen=True):
    """The unsettled messages of one session go over to another, unnumbered again.

    What the old session still had to emit (errands of kind `emit`) is dropped.
    """

    from_session: SessionId
    to_session: SessionId


class DropErrand(Change, frozen=True):
    """This errand is done."""

    errand_id: str


class DropErrands(Change, frozen=True):
    """This session's errands are done, all or those of one kind."""

    session_id: SessionId
    kind: str = ""


class DropPrekey(Change, frozen=True):
    """Erase a prekey."""

    kind: PrekeyKind
    id: int


class DropSession(Change, frozen=True):
    """Erase a session's state and errands; its messages stay."""

    session_id: SessionId


class DropContact(Change, frozen=True):
    """Forget a contact."""

    amid: Amid


class Consume(Change, frozen=True):
    """The agent has read this message; `peer` says whose, should two have used one id."""

    message_id: MessageId
    at: float
    peer: Amid | None = None


class Remember(Change, frozen=True):
    """Never accept this id from this peer again, until then."""

    peer: Amid
    id: str
    until: float


class SetValue(Change, frozen=True):
    """Keep a small named value; empty bytes drop it."""

    name: str
    value: bytes


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What `status` shows."""

    unread: int
    outbox: int
    knocks_pending: int
    one_time_prekeys: int


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

    async def outgoing(self, message_id: MessageId) -> OutgoingRow | None:
        """Return one message of ours."""

    async def unsettled(self, session_id: SessionId) -> list[OutgoingRow]:
        """Return a session's messages which the peer has not confirmed, as they were said."""

    async def expired_outgoing(self, now: float) -> list[OutgoingRow]:
        """Return unsettled messages whose time is over."""

    async def incoming(self, message_id: MessageId, peer: Amid | None = None) -> IncomingRow | None:
        """Return one message that came; without `peer` the first of this id."""

    async def inbox(
        self, *, unread: bool, peer: Amid | None, after: int, limit: int
    ) -> list[IncomingRow]:
        """Return released messages with a position above `after`, in order."""

    async def errands(self, peer: Amid | None = None) -> list[ErrandRow]:
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
