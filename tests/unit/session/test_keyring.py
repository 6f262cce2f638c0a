"""What a step is handed."""

from tests.support.parties import party
from tests.support.world import FakeClock


def test_times_on_the_wire_are_milliseconds() -> None:
    clock = FakeClock(12.3456)
    assert party("alice", clock).ring.milliseconds() == 12345


def test_no_frame_id_comes_twice() -> None:
    ring = party("alice", FakeClock()).ring
    assert len({ring.frame_id() for _ in range(100)}) == 100
