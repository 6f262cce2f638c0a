"""A round takes a second, whether the relay has time or not."""

import pytest
from agentmesh_relay.rounds import ROUND_SECONDS, Round


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
