"""Sessions, and what was stopped."""

from typing import Literal

from agentmesh.control.answers.answer import Answer
from agentmesh.control.answers.organizations import VouchedFor


class Session(Answer, frozen=True, kw_only=True):
    """One session, open or on its way. `degraded`: its suite is below the floor.

    `vouched`: who answers for the peer, as it has shown in this session.
    Messages `sent` and `received`, those of the peer that the agent has not read, and how many more
    may leave now.
    """

    session_id: str
    peer: str
    peer_name: str
    intent: str
    type: str
    state: str
    initiated_by_us: bool
    opened_at: str
    expires_at: str
    suite: str = ""
    degraded: bool = False
    accepted_capabilities: tuple[str, ...] = ()
    rejected_capabilities: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    sent: int = 0
    received: int = 0
    unread: int = 0
    window: int = 0
    vouched: VouchedFor | None = None


class Sessions(Answer, frozen=True, kw_only=True):
    """The sessions, newest first, out of `total`; `next` is the place to go on from, or empty."""

    sessions: list[Session]
    total: int
    next: str = ""


class Killed(Answer, frozen=True, kw_only=True):
    """The session that was ended."""

    session_id: str


class Breakers(Answer, frozen=True, kw_only=True):
    """Which breakers are on. `paused`: no new sessions; `stopped`: offline until `up`.

    `emergency`: offline until `resume` with `confirm`. `paused_peers`: nothing goes to them, and
    nothing that comes from them is shown.
    """

    paused: bool
    stopped: bool
    emergency: bool = False
    paused_peers: tuple[str, ...] = ()
    sessions_ended: int = 0


class EmergencyStopped(Answer, frozen=True, kw_only=True):
    """Nothing leaves this machine. `kept`: what holds the stop; all but `memory` survive a restart.

    `complete`: sessions are ended and the stop is kept; otherwise that goes on.
    """

    stopped: Literal[True] = True
    kept: list[str]
    sessions_ended: int
    complete: bool
    stop_hook: Literal["none", "running", "done", "failed"]


class Breaker(Answer, frozen=True, kw_only=True):
    """Something that is stopped or paused. `peer` is empty if it is about all."""

    id: str
    kind: str
    peer: str
    peer_name: str
    why: str
    since: str
    lift: str


class BreakersOn(Answer, frozen=True, kw_only=True):
    """What is stopped or paused, the oldest first."""

    breakers: list[Breaker]


class Blocked(Answer, frozen=True, kw_only=True):
    """Whether this peer is blocked now."""

    amid: str
    blocked: bool
    sessions_ended: int = 0
