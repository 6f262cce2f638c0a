"""Who is gone is told once, and only as long as it is true."""

import pytest
from agentmesh_relay.registry import missing as module
from agentmesh_relay.registry.missing import Missing

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAX_ABSENCES, PRESENCE_SECONDS

ALICE, BOB = Amid("alice"), Amid("bob")
GRACE = 10


class Hall:
    """Who is here."""

    def __init__(self) -> None:
        self.here: set[Amid] = set()
        self.missing = Missing(self.here.__contains__, GRACE)


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_who_does_not_come_back_in_time_is_due(hall: Hall) -> None:
    hall.missing.lose(ALICE, 100)
    hall.missing.lose(BOB, 105)
    assert hall.missing.due(109.9) == {}
    assert hall.missing.due(110) == {ALICE: 100}
    assert hall.missing.due(115) == {ALICE: 100, BOB: 105}


def test_who_came_back_is_forgotten(hall: Hall) -> None:
    hall.missing.lose(ALICE, 100)
    hall.here.add(ALICE)
    assert hall.missing.due(110) == {}
    assert len(hall.missing) == 0
    hall.here.clear()
    assert hall.missing.due(1000) == {}


def test_who_comes_back_while_the_registry_is_away_is_forgotten_too(hall: Hall) -> None:
    hall.missing.lose(ALICE, 100)
    assert hall.missing.due(120) == {ALICE: 100}
    hall.here.add(ALICE)
    assert hall.missing.due(125) == {}


def test_who_comes_and_goes_again_was_lost_the_last_time(hall: Hall) -> None:
    hall.missing.lose(ALICE, 100)
    hall.missing.lose(BOB, 101)
    hall.missing.lose(ALICE, 108)
    assert hall.missing.due(112) == {BOB: 101}
    assert hall.missing.due(118) == {BOB: 101, ALICE: 108}


def test_what_was_told_is_forgotten_and_what_happened_meanwhile_is_not(hall: Hall) -> None:
    hall.missing.lose(ALICE, 100)
    hall.missing.lose(BOB, 100)
    due = hall.missing.due(110)
    hall.missing.lose(ALICE, 111)  # it came, and went again, while the request was on its way
    hall.missing.told(due)
    assert hall.missing.due(130) == {ALICE: 111}


def test_a_presence_that_has_faded_is_nothing_to_tell(hall: Hall) -> None:
    hall.missing.lose(ALICE, 100)
    assert hall.missing.due(100 + PRESENCE_SECONDS - 1) == {ALICE: 100}
    assert hall.missing.due(100 + PRESENCE_SECONDS) == {}
    assert len(hall.missing) == 0


def test_a_batch_has_a_bound_and_the_rest_comes_next(hall: Hall) -> None:
    names = [Amid(f"agent {number}") for number in range(MAX_ABSENCES + 7)]
    for name in names:
        hall.missing.lose(name, 100)
    first = hall.missing.due(110)
    assert list(first) == names[:MAX_ABSENCES]
    hall.missing.told(first)
    assert list(hall.missing.due(110)) == names[MAX_ABSENCES:]


def test_at_the_bound_the_oldest_is_forgotten(hall: Hall) -> None:
    for number in range(module.MAX_MISSING + 1):
        hall.missing.lose(Amid(f"agent {number}"), 100)
    assert len(hall.missing) == module.MAX_MISSING
    assert next(iter(hall.missing.due(110))) == "agent 1"
