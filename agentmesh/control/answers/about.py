"""About ourselves: who we are, how we are, what happens."""

from typing import Any, Literal

from msgspec import field

from agentmesh.control.answers.answer import Answer, LinkState
from agentmesh.control.answers.breakers import Session
from agentmesh.control.answers.organizations import Certified
from agentmesh.observability.findings import Finding


class Welcome(Answer, frozen=True, kw_only=True):
    """The permit this connection has from now on."""

    permit: Literal["agent", "owner"]
    version: str


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
    """How many wait: messages for their peer, knocks or drafts for the owner."""

    pending: int


class Prekeys(Answer, frozen=True, kw_only=True):
    """How many one-time prekeys are left at the registry."""

    one_time: int


class Status(Answer, frozen=True, kw_only=True):
    """Who we are and how we are. `sessions`: the newest of so many as `sessions_total` says."""

    amid: str
    did: str
    tier: int | float
    name: str
    certificate: Certified | None = None
    daemon: DaemonState
    relay: Link
    registry: Link
    sessions: list[Session]
    sessions_total: int
    inbox: Unread
    outbox: Pending
    knocks: Pending
    approvals: Pending
    prekeys: Prekeys
    paused: bool
    stopped: bool
    warnings: list[str]


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
    data: dict[str, str | int | float | bool | None] = field(default_factory=dict)


class Stopping(Answer, frozen=True, kw_only=True):
    """The process that ends now; its sessions stay."""

    pid: int
