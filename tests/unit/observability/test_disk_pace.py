import math
import time

import pytest

from agentmesh.observability.disk_pace import SLOW_SECONDS, DiskPace, standstill


class Waits:
    """A clock of waits: `seconds` are added while one is measured."""

    def __init__(self) -> None:
        self.pace = DiskPace(32, lambda: self.total)
        self.total = 0.0

    def wait(self, seconds: float) -> None:
        with self.pace.measured():
            self.total += seconds


def test_nothing_is_known_before_the_first_wait_which_is_the_rule_then() -> None:
    waits = Waits()
    assert waits.pace.usual == math.inf
    waits.wait(0.25)
    assert waits.pace.usual == 0.25


def test_the_rule_changes_bit_by_bit() -> None:
    waits = Waits()
    waits.wait(0.001)
    waits.wait(0.01)
    assert 0.001 < waits.pace.usual < 0.002
    for _ in range(200):
        waits.wait(0.01)
    assert waits.pace.usual == pytest.approx(0.01, rel=0.05)


def test_a_long_wait_is_the_rule_at_once_and_for_a_while() -> None:
    waits = Waits()
    waits.wait(0.001)
    waits.wait(2 * SLOW_SECONDS)
    assert waits.pace.usual == pytest.approx(2 * SLOW_SECONDS)
    waits.wait(0.001)
    assert waits.pace.usual > SLOW_SECONDS
    for _ in range(200):
        waits.wait(0.001)
    assert waits.pace.usual == pytest.approx(0.001, rel=0.2)


def test_a_wait_that_fails_counts_as_well() -> None:
    waits = Waits()

    def fail() -> None:
        with waits.pace.measured():
            waits.total += 1
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        fail()
    assert waits.pace.usual == 1


def test_work_is_no_waiting() -> None:
    began, before = time.perf_counter(), standstill()
    sum(range(1_000_000))
    waited, took = standstill() - before, time.perf_counter() - began
    assert waited < took - 0.0005, "it worked for longer than half a millisecond"
