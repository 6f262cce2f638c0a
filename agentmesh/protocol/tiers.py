"""How much is known about who answers for an agent: the one place that orders the tiers.

1.5: a verified organisation. 1: a verified person. 2: nobody vouches.
"""

ANONYMOUS, PERSON, ORGANIZATION = 2.0, 1.0, 1.5
_RANKS = {ANONYMOUS: 0, PERSON: 1, ORGANIZATION: 2}


def is_tier(tier: float) -> bool:
    """Tell whether there is such a tier."""
    return tier in _RANKS


def rank(tier: float) -> int:
    """Return the tier's rank: higher is better vouched for. An unknown tier ranks lowest."""
    return _RANKS.get(tier, 0)


def at_least(tier: float) -> frozenset[float]:
    """Return the tiers that rank as high as this one, or higher."""
    return frozenset(known for known in _RANKS if _RANKS[known] >= rank(tier))
