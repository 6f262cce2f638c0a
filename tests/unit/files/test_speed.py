from agentmesh.files.speed import SPAN_SECONDS, Speed, seconds_left


def test_speed_is_what_was_done_of_late() -> None:
    speed = Speed()
    assert speed.rate(0, 0.0) == 0.0
    for second in range(20):
        speed.mark(1000 * second, float(second))
    assert speed.rate(19_000, 19.0) == 1000.0
    assert speed.rate(19_000, 19.0 + SPAN_SECONDS) < 1000.0


def test_marks_are_few() -> None:
    speed = Speed()
    for step in range(1000):
        speed.mark(step, step / 1000)
    assert speed.rate(1000, 1.0) == 1000.0
    assert speed.rate(0, 1.0) == 0.0


def test_the_rest_takes_as_long_as_the_rate_says() -> None:
    assert seconds_left(500, 1000, 100.0) == 5.0
    assert seconds_left(500, 1000, 0.0) is None
