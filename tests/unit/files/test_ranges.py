from hypothesis import given
from hypothesis import strategies as st

from agentmesh.files.ranges import Ranges

RUNS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=30)


@given(RUNS)
def test_it_is_the_set_of_what_was_added(runs: list[tuple[int, int]]) -> None:
    ranges, expected = Ranges(), set()
    for first, end in runs:
        ranges.add(first, end)
        expected |= set(range(first, end))
        assert len(ranges) == len(expected)
    assert {number for number in range(70) if number in ranges} == expected
    assert Ranges(ranges) == ranges


@given(RUNS)
def test_runs_are_apart_and_rising(runs: list[tuple[int, int]]) -> None:
    before = -1
    for first, end in Ranges(runs):
        assert before < first < end
        before = end


@given(RUNS, st.integers(0, 70))
def test_the_first_that_is_missing_is_found(runs: list[tuple[int, int]], start: int) -> None:
    ranges = Ranges(runs)
    found = ranges.missing(start)
    assert found not in ranges
    assert all(number in ranges for number in range(start, found))


def test_numbers_come_one_by_one_and_in_any_order() -> None:
    ranges = Ranges()
    for number in (3, 1, 2, 0, 9):
        ranges.add(number)
    assert list(ranges) == [(0, 4), (9, 10)]
    assert ranges.runs(1) == [(0, 4)]
    assert ranges != [(0, 4), (9, 10)]
