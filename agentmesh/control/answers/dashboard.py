"""What the owner's dashboard shows."""

from typing import Any, Literal

from agentmesh.control.answers.answer import Answer


class DashboardOpened(Answer, frozen=True, kw_only=True):
    """An address that lets one tab in. Whoever has it first, has it."""

    url: str
    scope: Literal["view", "control"]
    expires_at: str

    def __repr__(self) -> str:
        return f"DashboardOpened({self.scope})"


class DashboardAddress(Answer, frozen=True, kw_only=True):
    """Where the dashboard is. Only its owner comes in: by `enter`, a command.

    `may_show`: whether it may come up on the screen; not where a peer's words may be why.
    """

    url: str
    enter: str
    may_show: bool


class DashboardClosed(Answer, frozen=True, kw_only=True):
    """How many tabs were thrown out."""

    ended: int


class Settings(Answer, frozen=True, kw_only=True):
    """The settings in force, where they are kept, and the version at work."""

    settings: dict[str, Any]
    home: str
    file: str
    version: str


class Minute(Answer, frozen=True, kw_only=True):
    """What happened within a minute that began then."""

    at: str
    sent: int
    received: int
    knocks: int
    refused: int


class Figures(Answer, frozen=True, kw_only=True):
    """The minutes, the oldest first; `since`: nothing was counted before."""

    since: str
    minutes: list[Minute]


class QrCode(Answer, frozen=True, kw_only=True):
    """A QR code: rows of `1` (dark) and `0`, with the light border that it needs."""

    rows: list[str]


class PastSession(Answer, frozen=True, kw_only=True):
    """A session that is over, or rests until its initiator goes on with it. `reason` is a code."""

    session_id: str
    peer: str
    peer_name: str
    intent: str
    type: str
    state: str
    initiated_by_us: bool
    opened_at: str
    ended_at: str
    reason: str
    by_peer: bool
    has_transcript: bool


class PastSessions(Answer, frozen=True, kw_only=True):
    """A page of them; `next` is empty at the end."""

    sessions: list[PastSession]
    next: str
