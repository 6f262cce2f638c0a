"""Whether our clock is wrong, by what our relay and the registry say, and what comes of it."""

from collections.abc import Iterable

from agentmesh.daemon.rooms import Rooms
from agentmesh.discovery.interface import DirectoryStatus
from agentmesh.observability.findings import SET_CLOCK, Finding, off_by
from agentmesh.transport.interface import LinkStatus

CLOCK_SECONDS = 60
_SIGNS = frozenset({"timestamp_expired", "log_head_stale"})
"""What a relay or a registry seems to do wrong where the clock is: what we sign is old to them, or
what they sign to us."""


def findings(link: LinkStatus, directories: Iterable[DirectoryStatus]) -> list[Finding]:
    """Return by how much our clock is wrong; the registry is asked if no relay was reached."""
    if link.clock_ahead is not None:
        differences = [(link.clock_ahead, "the relay's")]
    else:
        differences = [(-(one.clock_offset or 0), "the registry's") for one in directories]
    return [
        Finding("clock_wrong", "error", f"Our clock is {off_by(seconds, whose)}.", SET_CLOCK)
        for seconds, whose in differences
        if abs(seconds) > CLOCK_SECONDS
    ]


def cause(reason: str, rooms: Rooms) -> str:
    """Return why a message waits: `clock_wrong` in place of what looks like others' fault."""
    if reason not in _SIGNS:
        return reason
    found = findings(rooms.transport.status(), rooms.directory.status())
    return found[0].id if found else reason
