"""What a turn does to the store: a list of changes, kept all together or not at all."""

from typing import Literal

import msgspec

from agentmesh.protocol.ids import Amid, MessageId, SessionId
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
    SessionRow,
)


class Change(msgspec.Struct, frozen=True):
    """One thing a turn does to the store."""


class Put(Change, frozen=True):
    """Keep this row; a row of the same name is replaced."""

    row: SessionRow | OutgoingRow | ErrandRow | KnockRow | ContactRow | CardRow | PrekeyRow


class Move(Change, frozen=True):
    """A message of ours that is kept and open has another session, number, frame or outcome now.

    Its words stay as they are: nothing is sealed anew for it.
    """

    row: OutgoingRow


class Renew(Change, frozen=True):
    """Keep what is new about a prekey; one that was erased meanwhile stays erased."""

    row: PrekeyRow


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


class Judge(Change, frozen=True):
    """A KNOCK that was pending has been decided; one that was decided before stays as it is."""

    knock_id: SessionId
    verdict: Literal["accepted", "rejected", "dismissed"]
    reason: str = ""


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


class DropCard(Change, frozen=True):
    """Throw a card away."""

    drawer: str
    name: str


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
