"""What is noticed about a score within a day."""

from agentmesh_registry.reputation.record import Record
from agentmesh_registry.reputation.weights import DAY_MS

HOUR = DAY_MS // 24
NOW = 1000 * DAY_MS


def test_a_score_that_rises_too_quickly_raises_a_flag_that_goes_down_again() -> None:
    record = Record()
    for hour in range(5):
        record = record.scored(0.3 + 0.05 * hour, 0.35 + 0.05 * hour, NOW + hour * HOUR)
    later = NOW + 5 * HOUR
    assert record.flags_at(later) == ("rapid_reputation_increase",)
    assert record.flags_at(later + 8 * DAY_MS) == ()


def test_a_score_that_falls_too_quickly_raises_the_other() -> None:
    assert Record().scored(0.9, 0.6, NOW).flags_at(NOW) == ("rapid_reputation_decrease",)


def test_the_same_change_over_more_than_a_day_raises_none() -> None:
    record = Record()
    for day in range(9):
        record = record.scored(0.3 + 0.05 * day, 0.35 + 0.05 * day, NOW + day * DAY_MS)
        assert len(record.hours) <= 25
    assert record.flags == {}
