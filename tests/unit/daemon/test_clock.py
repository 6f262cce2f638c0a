"""Our clock is wrong: found by what others say, and named in place of their refusals."""

import pytest

from agentmesh.daemon import clock
from agentmesh.discovery.interface import DirectoryStatus
from agentmesh.observability.findings import SET_CLOCK
from agentmesh.transport.interface import LinkStatus


def link(ahead: float | None) -> LinkStatus:
    return LinkStatus(relay="ws://relay", state="offline", since=0, clock_ahead=ahead)


def registry(offset: float | None) -> DirectoryStatus:
    return DirectoryStatus(name="registry", url="http://registry", state="up", clock_offset=offset)


@pytest.mark.parametrize(
    ("ahead", "offset", "why"),
    [
        (7200.0, -7200.0, ["Our clock is 7200 s ahead of the relay's."]),
        (None, 90.0, ["Our clock is 90 s behind the registry's."]),
        (5.0, 90.0, []),
        (None, None, []),
        (None, 60.0, []),
    ],
)
def test_the_relay_is_believed_first(
    ahead: float | None, offset: float | None, why: list[str]
) -> None:
    found = clock.findings(link(ahead), [registry(offset)])
    assert [it.why for it in found] == why
    assert all((it.id, it.fix) == ("clock_wrong", SET_CLOCK) for it in found)


class Rooms:
    """As much of the rooms as tells of clocks."""

    def __init__(self, ahead: float) -> None:
        self.transport = self.directory = self
        self._answers = iter((link(ahead), [registry(None)]))

    def status(self) -> object:
        return next(self._answers)


@pytest.mark.parametrize(
    ("reason", "ahead", "told"),
    [
        ("log_head_stale", 7200.0, "clock_wrong"),
        ("timestamp_expired", -7200.0, "clock_wrong"),
        ("log_head_stale", 1.0, "log_head_stale"),
        ("peer_offline", 7200.0, "peer_offline"),
    ],
)
def test_what_looks_like_others_fault_is_called_by_its_name(
    reason: str, ahead: float, told: str
) -> None:
    assert clock.cause(reason, Rooms(ahead)) == told  # type: ignore[arg-type] # a part of them
