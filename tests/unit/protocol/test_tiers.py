"""The order of the tiers."""

from agentmesh.protocol import tiers


def test_an_organisation_ranks_above_a_person_above_nobody() -> None:
    assert tiers.rank(1.5) > tiers.rank(1) > tiers.rank(tiers.ANONYMOUS)


def test_an_unknown_tier_gains_nothing() -> None:
    assert tiers.rank(0) == tiers.rank(2)
    assert not tiers.is_tier(0)


def test_a_floor_lets_in_what_ranks_as_high() -> None:
    assert tiers.at_least(2) == {1, 1.5, 2}
    assert tiers.at_least(1) == {1, 1.5}
    assert tiers.at_least(1.5) == {1.5}
