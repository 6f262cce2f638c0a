"""Counting by the minute."""

from agentmesh.daemon.figures import MAX_MINUTES, MINUTE, Counters, Tally
from agentmesh.node.notices import Bulletin, Notice
from tests.support.world import FakeClock

NOW = 1_800_000_000 // MINUTE


def test_what_happens_is_counted_in_its_minute() -> None:
    bulletin, clock = Bulletin(), FakeClock()
    counters = Counters(bulletin, clock)
    for kind in ("message_sent", "message_sent", "knock_received", "policy_changed"):
        bulletin.publish(Notice(kind=kind))
    clock.advance(2 * MINUTE)
    bulletin.publish(Notice(kind="message_received"))
    bulletin.publish(Notice(kind="knock_rejected"))
    assert counters.last(60) == [
        Tally(NOW, sent=2, knocks=1),
        Tally(NOW + 1),
        Tally(NOW + 2, received=1, refused=1),
    ]
    assert counters.last(1) == [Tally(NOW + 2, received=1, refused=1)]


def test_nothing_is_told_about_the_time_before_the_daemon() -> None:
    clock = FakeClock()
    assert Counters(Bulletin(), clock).last(60) == [Tally(NOW)]


def test_no_more_is_kept_than_a_day() -> None:
    bulletin, clock = Bulletin(), FakeClock()
    counters = Counters(bulletin, clock)
    for _ in range(MAX_MINUTES + 5):
        bulletin.publish(Notice(kind="message_sent"))
        clock.advance(MINUTE)
    assert len(counters._tallies) == MAX_MINUTES
    assert len(counters.last(MAX_MINUTES)) == MAX_MINUTES


def test_a_clock_that_goes_back_loses_nothing_and_invents_nothing() -> None:
    bulletin, clock = Bulletin(), FakeClock()
    counters = Counters(bulletin, clock)
    bulletin.publish(Notice(kind="message_sent"))
    clock.jump(-400 * 86400)
    bulletin.publish(Notice(kind="message_sent"))
    assert counters.last(60) == []
    clock.jump(400 * 86400)
    assert sum(it.sent for it in counters.last(1)) == 1
