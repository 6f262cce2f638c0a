"""What a rating weighs."""

import pytest
from agentmesh_registry.reputation.weights import DAY_MS, Rater, as_mutual, weight_of

NOW = 100 * DAY_MS


@pytest.mark.parametrize(
    ("rater", "weight"),
    [
        (Rater(tier=1, registered_at=0), 1.0),
        (Rater(tier=1.5, registered_at=0), 1.0),
        (Rater(tier=2, registered_at=0), 0.5),
        (Rater(tier=1, registered_at=NOW - 7 * DAY_MS + 1), 0.25),
        (Rater(tier=1, registered_at=NOW - 7 * DAY_MS), 1.0),
        (Rater(tier=1, registered_at=0, is_mutual=True), 0.2),
        (Rater(tier=2, registered_at=NOW, is_mutual=True), 0.5 * 0.25 * 0.2),
        (Rater(tier=1, registered_at=0, is_neighbour=True), 0.0),
    ],
    ids=str,
)
def test_who_rates_decides_what_it_weighs(rater: Rater, weight: float) -> None:
    assert weight_of(rater, NOW) == pytest.approx(weight)


def test_a_rating_that_is_returned_later_loses_as_much_as_one_that_returns() -> None:
    late = weight_of(Rater(tier=1, registered_at=0, is_mutual=True), NOW)
    assert as_mutual(weight_of(Rater(tier=1, registered_at=0), NOW)) == pytest.approx(late)
