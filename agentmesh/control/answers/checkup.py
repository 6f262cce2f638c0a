"""What the owner's tools measured."""

from agentmesh.control.answers.answer import Answer


class ProbedLink(Answer, frozen=True, kw_only=True):
    """One of our connections: the median of `count` round trips, or `code`, why, and what to do."""

    url: str
    p50_ms: float | None = None
    count: int = 0
    code: str = ""
    why: str = ""
    fix: str = ""


class Probed(Answer, frozen=True, kw_only=True):
    """Our connections, as the daemon itself sees them."""

    relay: ProbedLink
    registry: ProbedLink


class Pinged(Answer, frozen=True, kw_only=True):
    """One ping. `presence` and `relay_ms` are the relay's; `peer_ms` is from daemon to daemon.

    Without `peer_ms`, `reason` says why: `no_session`, `not_a_contact`, `peer_away`, `no_answer`.
    """

    amid: str
    presence: str
    relay_ms: float | None = None
    peer_ms: float | None = None
    reason: str = ""
