"""Who has how much of a say, whatever is tried."""

import pytest
from agentmesh_registry.reputation.votes import CROWD, PRIOR, Pile, Tally, Voice
from hypothesis import given
from hypothesis import strategies as st

SCORES = st.floats(0, 1)
WEIGHTS = st.floats(0, 1)
NOBODY = Pile()
PILES = st.builds(lambda weight, score: Pile(weight, weight * score), WEIGHTS, SCORES)


@given(st.lists(PILES), st.lists(PILES), st.lists(PILES, max_size=300))
def test_a_crowd_without_owners_weighs_no_more_than_one_owner(
    owners: list[Pile], crowd: list[Pile], attackers: list[Pile]
) -> None:
    honest = Tally()
    for pile in owners:
        honest = honest.changed(NOBODY, pile, is_proven=True)
    for pile in crowd:
        honest = honest.changed(NOBODY, pile, is_proven=False)
    attacked = honest
    for pile in attackers:
        attacked = attacked.changed(NOBODY, pile, is_proven=False)
    most = CROWD / (PRIOR + honest.owners.weight + CROWD)
    assert abs(attacked.share() - honest.share()) <= most + 1e-9


@given(st.lists(st.tuples(SCORES, WEIGHTS), min_size=1))
def test_however_often_a_voter_speaks_it_has_one_vote(said: list[tuple[float, float]]) -> None:
    voice = Voice()
    for score, weight in said:
        voice = voice.rated(score, weight)
    vote = voice.of_ratings()
    assert vote.weight <= 1 + 1e-9
    assert -1e-9 <= vote.value <= vote.weight + 1e-9


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), SCORES, WEIGHTS), max_size=60))
def test_what_is_added_step_by_step_is_what_adding_up_anew_gives(
    said: list[tuple[int, bool, float, float]],
) -> None:
    voices: dict[tuple[int, bool], Voice] = {}
    tally = Tally()
    for voter, is_proven, score, weight in said:
        was = voices.get((voter, is_proven), Voice())
        voice = voices[voter, is_proven] = was.rated(score, weight)
        tally = tally.changed(was.of_ratings(), voice.of_ratings(), is_proven=is_proven)
    anew = Tally()
    for (_, is_proven), voice in voices.items():
        anew = anew.changed(NOBODY, voice.of_ratings(), is_proven=is_proven)
    assert tally.share() == pytest.approx(anew.share())


@given(SCORES, WEIGHTS, st.floats(0, 1))
def test_what_loses_weight_counts_as_if_it_never_had_more(
    score: float, weight: float, part: float
) -> None:
    less = weight * part
    first = Voice().rated(0.5, 1.0)
    lightened = first.rated(score, weight).lightened(score, weight, less)
    expected = first.rated(score, less)
    assert lightened.weight == pytest.approx(expected.weight, abs=1e-9)
    assert lightened.value == pytest.approx(expected.value, abs=1e-9)


def test_without_a_vote_the_answer_is_one_half() -> None:
    assert Tally().share() == 0.5


def test_sessions_are_one_vote_too_and_half_of_one_where_nobody_is_proven() -> None:
    voice = Voice().met(completed=True).met(completed=False)
    assert voice.of_sessions(is_proven=True) == Pile(1.0, 0.5)
    assert voice.of_sessions(is_proven=False) == Pile(0.5, 0.25)
