"""The score and its parts."""

import pytest
from agentmesh_registry.reputation.score import Standing, score, shown
from agentmesh_registry.reputation.votes import Pile, Tally
from agentmesh_registry.reputation.weights import DAY_MS
from hypothesis import given
from hypothesis import strategies as st

YEAR = 365 * DAY_MS
BEST = Tally(owners=Pile(1e9, 1e9))


def test_an_agent_of_whom_nothing_is_known_has_half_of_what_others_decide() -> None:
    assert score(Standing(), 2, 0) == pytest.approx(0.3 * 0.5 + 0.4 * 0.5)


def test_the_four_parts_add_up_to_one() -> None:
    standing = Standing(feedback=BEST, completion=BEST, raters=9, sessions=9)
    assert score(standing, 1.5, 2 * YEAR) == pytest.approx(1.0)


@pytest.mark.parametrize(("tier", "bonus"), [(2, 0.0), (1, 0.1), (1.5, 0.2)])
def test_who_vouches_counts(tier: float, bonus: float) -> None:
    assert score(Standing(), tier, 0) - score(Standing(), 2, 0) == pytest.approx(bonus)


def test_age_counts_up_to_a_year() -> None:
    ages = [score(Standing(), 2, days * DAY_MS) for days in (0, 73, 365, 3650)]
    assert [round(age - ages[0], 6) for age in ages] == [0, 0.02, 0.1, 0.1]


def test_under_five_sessions_completion_says_nothing() -> None:
    few = Standing(completion=BEST, sessions=4)
    enough = Standing(completion=BEST, sessions=5)
    assert score(few, 2, 0) == pytest.approx(score(Standing(), 2, 0))
    assert score(enough, 2, 0) > score(few, 2, 0)


def test_under_five_raters_an_agent_is_unrated_and_shows_one_half() -> None:
    assert shown(Standing(feedback=BEST, raters=4), 1.5, YEAR) == 0.5
    assert not Standing(raters=4).is_rated
    assert shown(Standing(feedback=BEST, raters=5), 1.5, YEAR) > 0.8


@given(
    st.floats(0, 1e6), st.floats(0, 1), st.sampled_from([1, 1.5, 2]), st.integers(-YEAR, 9 * YEAR)
)
def test_a_score_is_a_share(weight: float, part: float, tier: float, age: int) -> None:
    tally = Tally(owners=Pile(weight, weight * part))
    assert 0 <= score(Standing(feedback=tally, completion=tally, sessions=9), tier, age) <= 1
