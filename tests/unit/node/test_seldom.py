"""Once in a while for each cause."""

from agentmesh.node.seldom import Seldom
from tests.support.world import FakeClock


def test_each_cause_has_its_turn_once_in_a_while() -> None:
    clock = FakeClock()
    seldom = Seldom(clock, 60, 100)
    assert [seldom.may(cause) for cause in "aab"] == [True, False, True]
    clock.advance(59)
    assert not seldom.may("a")
    clock.advance(1)
    assert [seldom.may(cause) for cause in "aa"] == [True, False]


def test_what_is_remembered_is_bounded() -> None:
    seldom = Seldom(FakeClock(), 60, 3)
    assert all(seldom.may(cause) for cause in "abcd")
    assert seldom.may("a"), "forgotten"
    assert not seldom.may("d")
