"""Knocks are counted, for a bounded number of peers."""

import pytest

from agentmesh.node import knock_rate
from agentmesh.node.knock_rate import KnockRate
from agentmesh.node.notices import Notice
from agentmesh.protocol.ids import Amid
from tests.support.world import FakeClock


def test_knocks_are_counted_for_a_bounded_number_of_peers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(knock_rate, "MAX_COUNTED_PEERS", 2)
    clock = FakeClock()
    rate = KnockRate(clock)

    def knock(name: str) -> int:
        rate.notice(Notice(kind="knock_received", peer=Amid(name)))
        return rate.within(Amid(name), 60.0)

    assert [knock("one") for _ in range(3)] == [1, 2, 3]
    clock.advance(61)
    assert knock("one") == 1
    rate.notice(Notice(kind="session_closed", peer=Amid("one")))
    assert knock("two") == 1
    assert knock("three") == 1
    assert knock("one") == 1
