"""Sessions, and what was stopped."""

from agentmesh.control.answers.answer import Answer


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
