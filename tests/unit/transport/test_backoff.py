from itertools import pairwise

from agentmesh.transport.backoff import FIRST_SECONDS, LONGEST_SECONDS, STABLE_SECONDS, Backoff


def lowest(count: int) -> bytes:
    return bytes(count)


def highest(count: int) -> bytes:
    return b"\xff" * count


def test_pauses_double_up_to_a_bound() -> None:
    backoff = Backoff(highest)
    pauses = [backoff.pause() for _ in range(12)]
    assert abs(pauses[0] - FIRST_SECONDS) < 0.001
    assert all(later > earlier for earlier, later in pairwise(pauses[:8]))
    assert LONGEST_SECONDS - 0.001 < pauses[-1] <= LONGEST_SECONDS


def test_half_of_a_pause_is_drawn() -> None:
    assert Backoff(lowest).pause() == FIRST_SECONDS / 2
    assert Backoff(lowest).longest() == LONGEST_SECONDS / 2


def test_after_a_connection_that_lasted_the_pause_is_short_again() -> None:
    backoff = Backoff(lowest)
    backoff.pause()
    backoff.lasted(STABLE_SECONDS)
    assert backoff.pause() == FIRST_SECONDS / 2


def test_a_connection_counts_only_if_it_lasted_longer_than_the_pause_before_it() -> None:
    backoff = Backoff(lowest)
    pauses = [backoff.pause() for _ in range(6)]
    assert pauses[-1] > STABLE_SECONDS
    backoff.lasted(STABLE_SECONDS)
    assert backoff.pause() > pauses[-1]


def test_a_connection_that_is_lost_at_once_is_no_success() -> None:
    backoff = Backoff(lowest)
    first = backoff.pause()
    backoff.lasted(STABLE_SECONDS - 0.1)
    assert backoff.pause() == first * 2


def test_those_who_were_told_the_same_come_back_within_twice_the_time() -> None:
    assert Backoff(lowest).spread(5) == 5
    assert 9.9 < Backoff(highest).spread(5) <= 10
