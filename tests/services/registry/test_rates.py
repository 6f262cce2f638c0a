"""How often something may happen."""

import pytest
from agentmesh_registry.rates import Rate, RateLimited, household

from tests.support.world import FakeClock


def test_a_burst_passes_then_it_drips() -> None:
    clock = FakeClock()
    rate = Rate(6, clock)
    assert [rate.wait("a") for _ in range(6)] == [0] * 6
    assert rate.wait("a") == pytest.approx(10)
    clock.advance(10)
    assert rate.wait("a") == 0
    assert rate.wait("a") > 0


def test_each_key_has_its_own() -> None:
    rate = Rate(1, FakeClock())
    assert (rate.wait("a"), rate.wait("b")) == (0, 0)
    assert rate.wait("a") > 0


def test_asking_in_vain_costs_nothing() -> None:
    clock = FakeClock()
    rate = Rate(1, clock)
    rate.wait("a")
    for _ in range(10):
        assert rate.wait("a") > 0
    clock.advance(60)
    assert rate.wait("a") == 0


def test_a_clock_on_the_wall_that_jumps_changes_nothing() -> None:
    clock = FakeClock()
    rate = Rate(1, clock)
    rate.wait("a")
    clock.jump(10_000)
    assert rate.wait("a") > 0


def test_zero_is_no_limit() -> None:
    rate = Rate(0, FakeClock())
    assert not any(rate.wait("a") for _ in range(1000))


def test_too_often_says_when_to_come_again() -> None:
    rate = Rate(2, FakeClock())
    rate.check("a")
    rate.check("a")
    with pytest.raises(RateLimited) as caught:
        rate.check("a")
    assert caught.value.retry_after == 30


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::ffff:1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fe80::1%eth0", "fe80::2"),
        ("no address", ""),
    ],
)
def test_one_household_counts_as_one(one: str, other: str) -> None:
    assert household(one) == household(other)


def test_neighbours_count_apart() -> None:
    assert household("10.0.0.1") != household("10.0.0.2")
    assert household("2001:db8::1") != household("2001:db8:0:1::1")
