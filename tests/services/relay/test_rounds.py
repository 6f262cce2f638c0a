"""A round takes a second, whether the relay has time or not."""

import pytest
from agentmesh_relay.rounds import ROUND_SECONDS, Round, pause_between


@pytest.mark.parametrize("members", [1, 9, 10_000])
@pytest.mark.parametrize("between", [0.1, 0.35, 5.0])
def test_everybody_has_one_turn_within_a_second_however_late_it_is_asked(
    members: int, between: float
) -> None:
    everybody, had = Round(range(members)), list[int]()
    passed = 0.0
    while not everybody.is_over:
        had += everybody.next(between)
        passed += between
    assert sorted(had) == list(range(members))
    assert passed < ROUND_SECONDS + between


def test_a_tenth_at_a_time_if_it_is_asked_ten_times() -> None:
    everybody = Round(range(1000))
    assert len(everybody.next(0.1)) <= 101


def test_those_who_came_together_have_their_turns_apart() -> None:
    everybody = Round(range(10_000))
    together = set(range(5000, 5500))
    at_once = []
    while not everybody.is_over:
        at_once.append(len(together.intersection(everybody.next(0.02))))
    assert sum(at_once) == len(together)
    assert max(at_once) < len(together) / 10


def test_nobody_is_nobody() -> None:
    assert Round[int]().is_over


@pytest.mark.parametrize("members", [0, 1, 8, 16])
def test_few_are_looked_at_together_once_in_a_round(members: int) -> None:
    assert pause_between(members) == ROUND_SECONDS


@pytest.mark.parametrize("members", [17, 40, 100, 801, 25_000])
def test_many_have_their_turns_apart_and_all_within_a_round(members: int) -> None:
    pause, everybody, looks = pause_between(members), Round(range(members)), 0
    while not everybody.is_over:
        everybody.next(pause)
        looks += 1
    assert looks <= 50
    assert looks * pause <= ROUND_SECONDS + 1e-9
