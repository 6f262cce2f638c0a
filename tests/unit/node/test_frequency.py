"""What peers do is counted, for a bounded number of them."""

import pytest

from agentmesh.node import frequency
from agentmesh.node.frequency import Frequency
from agentmesh.node.notices import Notice
from agentmesh.protocol.ids import Amid
from tests.support.world import FakeClock


def test_knocks_are_counted_for_a_bounded_number_of_peers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frequency, "MAX_COUNTED_PEERS", 2)
    clock = FakeClock()
    knocks = Frequency(clock)

    def knock(name: str) -> int:
        knocks.notice(Notice(kind="knock_received", peer=Amid(name)))
        return knocks.within(Amid(name), 60.0)

    assert [knock("one") for _ in range(3)] == [1, 2, 3]
    clock.advance(61)
    assert knock("one") == 1
    knocks.notice(Notice(kind="session_closed", peer=Amid("one")))
    assert knock("two") == 1
    assert knock("three") == 1
    assert knock("one") == 1
