from hypothesis import given
from hypothesis import strategies as st

from agentmesh.files.pace import FIRST_CHUNKS, MOST_CHUNKS, Pace


def test_the_window_grows_while_chunks_come_through_at_once() -> None:
    pace = Pace()
    assert pace.window == FIRST_CHUNKS
    for step in range(100):
        pace.passed(0.01, step / 100)
    assert pace.window == MOST_CHUNKS


def test_it_shrinks_to_one_while_they_queue() -> None:
    pace = Pace()
    for step in range(20):
        pace.passed(0.02, step / 10)
    for step in range(400):
        pace.passed(1.0, 2 + step / 10)
    assert pace.window == 1


def test_a_long_way_is_no_queue() -> None:
    pace = Pace()
    for step in range(100):
        pace.passed(0.6, step / 10)
    assert pace.window == MOST_CHUNKS


def test_a_path_that_became_longer_is_learnt() -> None:
    pace = Pace()
    pace.passed(0.01, 0.0)
    for step in range(4000):
        pace.passed(0.6, 0.1 * step)
    assert pace.window == MOST_CHUNKS


def test_losses_halve_it_once_a_passage() -> None:
    pace = Pace()
    for step in range(100):
        pace.passed(0.01, step / 100)
    pace.lost(1.0)
    pace.lost(1.01)
    assert pace.window == MOST_CHUNKS // 2
    pace.lost(2.0)
    assert pace.window == MOST_CHUNKS // 4


def test_after_a_stop_it_begins_with_one() -> None:
    pace = Pace()
    pace.stopped()
    assert pace.window == 1
    for step in range(40):
        pace.passed(0.01, step / 100)
    assert pace.window == MOST_CHUNKS


@given(st.lists(st.tuples(st.floats(0, 1000), st.sampled_from("plx")), max_size=100))
def test_the_window_stays_within_its_bounds(happened: list[tuple[float, str]]) -> None:
    pace, now = Pace(), 0.0
    for seconds, what in happened:
        now += seconds / 10
        if what == "p":
            pace.passed(seconds, now)
        elif what == "l":
            pace.lost(now)
        else:
            pace.stopped()
        assert 1 <= pace.window <= MOST_CHUNKS
