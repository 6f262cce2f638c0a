"""What one rating weighs, by who gives it."""

import msgspec

DAY_MS = 86_400_000
NEWCOMER_MS = 7 * DAY_MS
NOBODY_VOUCHES = 2
"""The tier of agents whose owner nobody has proved."""

_OF_NOBODY_KNOWN = 0.5
_OF_A_NEWCOMER = 0.25
_MUTUAL = 0.2


class Rater(msgspec.Struct, frozen=True, kw_only=True):
    """Who rates, as far as the registry can tell."""

    tier: float
    registered_at: int
    is_mutual: bool = False
    """Whether the one that is rated has rated this one within a day."""
    is_neighbour: bool = False
    """Whether somebody else has rated the same agent from the same network within a day."""


def weight_of(rater: Rater, now: int) -> float:
    """Return what a rating weighs, from 0 to 1."""
    if rater.is_neighbour:
        return 0.0
    weight = _OF_NOBODY_KNOWN if rater.tier >= NOBODY_VOUCHES else 1.0
    if now - rater.registered_at < NEWCOMER_MS:
        weight *= _OF_A_NEWCOMER
    return weight * _MUTUAL if rater.is_mutual else weight


def as_mutual(weight: float) -> float:
    """Return what is left of the weight of a rating that was then returned."""
    return weight * _MUTUAL
