"""What is kept, row by row.

`bytes` fields are sealed before they touch the disk; the other fields (AMIDs, times, names,
outcomes) are not.
"""

from typing import Literal

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


class CardRow(Row, frozen=True, kw_only=True):
    """A small typed record of one room's own; `body` is opaque here. None: kept until dropped."""

    drawer: str
    name: str
    body: bytes
    created_at: float
    expires_at: float | None = None


class PrekeyRow(Row, frozen=True, kw_only=True):
    """A prekey or exchange key of ours, with its private half."""

    kind: PrekeyKind
    id: int
    public: bytes
    private: bytes
    created_at: float
    retired_at: float | None = None
    published: bool = False
