"""The score: what peers say, how sessions end, since when an agent is here, who vouches for it."""

import msgspec

from agentmesh.protocol.feedback import MIN_RATERS
from agentmesh_registry.reputation.votes import Tally
from agentmesh_registry.reputation.weights import DAY_MS, NOBODY_VOUCHES

UNRATED = 0.5
_MIN_SESSIONS = 5
_YEAR_MS = 365 * DAY_MS
_ORGANISATION = 1.5


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the registry has heard about one agent."""

    feedback: Tally = Tally()
    completion: Tally = Tally()
    raters: int = 0
    sessions: int = 0

    @property
    def is_rated(self) -> bool:
        """Whether enough have rated it."""
        return self.raters >= MIN_RATERS


def score(standing: Standing, tier: float, age_ms: int) -> float:
    """Return the score of an agent, whether it may be shown yet or not."""
    completion = standing.completion.share() if standing.sessions >= _MIN_SESSIONS else 0.5
    age = min(1.0, max(0.0, age_ms / _YEAR_MS))
    total = 0.3 * completion + 0.4 * standing.feedback.share() + 0.1 * age + 0.2 * _bonus(tier)
    return min(1.0, max(0.0, total))


def shown(standing: Standing, tier: float, age_ms: int) -> float:
    """Return the score that others see."""
    return score(standing, tier, age_ms) if standing.is_rated else UNRATED


def _bonus(tier: float) -> float:
    if tier >= NOBODY_VOUCHES:
        return 0.0
    return 1.0 if tier == _ORGANISATION else 0.5
