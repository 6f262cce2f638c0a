"""What the daemon answers on the control socket. The keys are the command line's stable contract.

Times are RFC 3339 text, peers are AMIDs, an intent is `category` or `category/subcategory`.
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType, field

from agentmesh.observability.findings import Finding

Outcome = Literal["queued", "delivered", "consumed", "refused", "undeliverable"]
LinkState = Literal["connected", "connecting", "unreachable", "stopped", "unknown"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a call answers."""


class Welcome(Answer, frozen=True, kw_only=True):
    """The permit this connection has from now on."""

    permit: Literal["agent", "owner"]
    version: str


class Session(Answer, frozen=True, kw_only=True):
    """One session, open or on its way."""

    session_id: str
    peer: str
    peer_name: str
    intent: str
    type: str
    state: str
    initiated_by_us: bool
    opened_at: str
    expires_at: str
    degraded: bool = False


class Sessions(Answer, frozen=True, kw_only=True):
    """The sessions, newest first."""

    sessions: list[Session]


class DaemonState(Answer, frozen=True, kw_only=True):
    """The process that answers."""

    pid: int
    uptime_seconds: float
    version: str


class Link(Answer, frozen=True, kw_only=True):
    """A service and how we stand with it."""

    url: str
    state: LinkState


class Unread(Answer, frozen=True, kw_only=True):
    """How many messages the agent has not consumed."""

    unread: int


class Pending(Answer, frozen=True, kw_only=True):
    """How many wait: messages for their peer, or knocks for the owner."""

    pending: int


class Prekeys(Answer, frozen=True, kw_only=True):
    """How many one-time prekeys are left at the registry."""

    one_time: int


class Status(Answer, frozen=True, kw_only=True):
    """Who we are and how we are."""

    amid: str
    did: str
    tier: int | float
    name: str
    daemon: DaemonState
    relay: Link
    registry: Link
    sessions: list[Session]
    inbox: Unread
    outbox: Pending
    knocks: Pending
    prekeys: Prekeys
    paused: bool
    stopped: bool
    warnings: list[str]


class Message(Answer, frozen=True, kw_only=True):
    """A message for the agent. With the agent permit `content` stands in for the payload."""

    message_id: str
    session_id: str
    sender: str = field(name="from")
    from_name: str
    verified: bool
    trust: int
    received_at: str
    type: str
    payload: Any = None
    content: str | UnsetType = UNSET


class Sent(Answer, frozen=True, kw_only=True):
    """What became of a message so far. `reason` is a code; `reply` what the peer answered."""

    message_id: str
    session_id: str
    outcome: Outcome
    reason: str = ""
    reply: Message | None = None
    timed_out: bool | UnsetType = UNSET


class Inbox(Answer, frozen=True, kw_only=True):
    """Messages in the order in which they came."""

    messages: list[Message]


class Consumed(Answer, frozen=True, kw_only=True):
    """The message, now marked as consumed."""

    message: Message


class Found(Answer, frozen=True, kw_only=True):
    """An agent that the registry knows. Its words are its own; its ratings are the registry's."""

    amid: str
    name: str
    tier: int | float
    capabilities: list[dict[str, Any]]
    status: str
    reputation: float | None
    ratings_count: int
    flags: list[str]


class SearchResults(Answer, frozen=True, kw_only=True):
    """A page of agents."""

    results: list[Found]
    total: int


class Knock(Answer, frozen=True, kw_only=True):
    """A KNOCK that came, and what became of it. `note` is the stranger's word, for the owner."""

    id: str
    sender: str = field(name="from")
    from_name: str
    intent: str
    type: str
    note: str
    received_at: str
    expires_at: str
    verdict: Literal["pending", "accepted", "rejected", "dismissed"]
    reason: str


class Knocks(Answer, frozen=True, kw_only=True):
    """The KNOCKs, newest first."""

    knocks: list[Knock]


class Decided(Answer, frozen=True, kw_only=True):
    """The KNOCK as the owner's decision left it."""

    knock: Knock


class Killed(Answer, frozen=True, kw_only=True):
    """The session that was ended."""

    session_id: str


class Breakers(Answer, frozen=True, kw_only=True):
    """Which breakers are on. `paused`: no new knocks; `stopped`: offline until `up`."""

    paused: bool
    stopped: bool
    sessions_ended: int = 0


class Blocked(Answer, frozen=True, kw_only=True):
    """Whether this peer is blocked now."""

    amid: str
    blocked: bool
    sessions_ended: int = 0


class Stopping(Answer, frozen=True, kw_only=True):
    """The process that ends now; its sessions stay."""

    pid: int


class Policy(Answer, frozen=True, kw_only=True):
    """The policy in force, every field with its value; for `policy.get` with a key, that part."""

    policy: Any


class Contact(Answer, frozen=True, kw_only=True):
    """A peer the owner knows. `verified`: the owner compared the safety number."""

    amid: str
    name: str
    alias: str
    description: str
    trust: int
    verified: bool
    blocked: bool
    added_at: str


class Contacts(Answer, frozen=True, kw_only=True):
    """The contacts by alias, name, AMID."""

    contacts: list[Contact]


class Kept(Answer, frozen=True, kw_only=True):
    """The contact as it is kept now."""

    contact: Contact


class Removed(Answer, frozen=True, kw_only=True):
    """The contact that is forgotten."""

    amid: str


class Logs(Answer, frozen=True, kw_only=True):
    """The last records of the audit log, oldest first. Never content, never keys."""

    records: list[dict[str, Any]]


class Health(Answer, frozen=True, kw_only=True):
    """What the daemon noticed about itself; healthy = nothing worse than a note."""

    healthy: bool
    findings: list[Finding]


class Subscribed(Answer, frozen=True, kw_only=True):
    """From now on events follow as notifications `event`."""

    subscribed: bool = True


class Event(Answer, frozen=True, kw_only=True):
    """Something happened. Facts only: never a peer's text, name or file name."""

    kind: str
    at: str
    data: dict[str, str | int | float | bool | None] = {}
