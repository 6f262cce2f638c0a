"""A clock that is set while we run: believed once others agree, or do not contradict for long."""

import pytest

from agentmesh.observability.steady_clock import DOUBT_SECONDS, JUMP_SECONDS, SteadyClock
from tests.support.world import FakeClock

DAY = 86400.0
JUMPS = pytest.mark.parametrize("jump", [400 * DAY, DAY, JUMP_SECONDS + 1, -DAY, -400 * DAY])


class Machine:
    """A machine's clocks; a sleep is what its monotonic clock does not count."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.asleep = 0.0
        self.steady = SteadyClock(self.clock, lambda: self.clock.monotonic() + self.asleep)

    def sleep(self, seconds: float) -> None:
        self.asleep += seconds
        self.clock.jump(seconds)


def test_it_goes_as_the_machines_does_also_over_a_sleep() -> None:
    machine = Machine()
    for _ in range(10):
        machine.clock.advance(3600)
        machine.sleep(3 * DAY)
        assert machine.steady.now() == machine.clock.now()
    assert machine.steady.monotonic() == machine.clock.monotonic()


def test_a_clock_that_is_set_right_bit_by_bit_is_followed() -> None:
    machine = Machine()
    for _ in range(10):
        machine.clock.jump(JUMP_SECONDS)
        assert machine.steady.now() == machine.clock.now()


@JUMPS
def test_a_jump_is_not_followed_while_others_contradict(jump: float) -> None:
    machine = Machine()
    begun = machine.steady.now()
    machine.clock.jump(jump)
    for minute in range(1, 120):
        machine.clock.advance(60)
        machine.steady.heard(begun + 60 * minute + 1)
        assert machine.steady.now() == begun + 60 * minute
    machine.clock.jump(-jump)
    assert machine.steady.now() == machine.clock.now()


@JUMPS
def test_a_jump_is_followed_as_soon_as_somebody_agrees(jump: float) -> None:
    machine = Machine()
    machine.clock.jump(jump)
    machine.steady.heard(machine.clock.now() + 5)
    assert machine.steady.now() == machine.clock.now()


@JUMPS
def test_a_jump_is_followed_when_nobody_contradicts_for_long(jump: float) -> None:
    machine = Machine()
    begun = machine.steady.now()
    machine.clock.jump(jump)
    assert machine.steady.now() == begun
    machine.clock.advance(DOUBT_SECONDS)
    assert machine.steady.now() == begun + DOUBT_SECONDS
    machine.clock.advance(1)
    assert machine.steady.now() == machine.clock.now()


@pytest.mark.parametrize("lie", [0.0, -1e12, 1e12, 4e9])
def test_who_lies_about_the_time_brings_in_no_third_one(lie: float) -> None:
    machine = Machine()
    machine.steady.heard(lie)
    assert machine.steady.now() == machine.clock.now()
    begun = machine.steady.now()
    machine.clock.jump(DAY)
    machine.steady.heard(lie)
    assert machine.steady.now() in {begun, begun + DAY}
