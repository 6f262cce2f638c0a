"""All that is kept about one agent's reputation, with what its score did within a day."""

import msgspec

from agentmesh.protocol.feedback import Flag
from agentmesh_registry.reputation.score import Standing
from agentmesh_registry.reputation.weights import DAY_MS

_HOUR_MS = 3_600_000
_RAPID = 0.2
_FLAG_MS = 7 * DAY_MS


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """See above. `owners` and `completed` are evidence for people: they count nowhere else."""

    standing: Standing = Standing()
    owners: int = 0
    completed: int = 0
    hours: dict[int, float] = {}
    """The first score of each hour of the last day in which it changed."""
    flags: dict[Flag, int] = {}
    """Until when each is shown."""

    def scored(self, before: float, after: float, now: int) -> "Record":
        """Return the record once the score has changed; a change too quick raises a flag."""
        hour = now // _HOUR_MS
        first = hour - DAY_MS // _HOUR_MS
        hours = {it: value for it, value in self.hours.items() if it > first}
        hours.setdefault(hour, before)
        flags = {flag: until for flag, until in self.flags.items() if until > now}
        if after - min(hours.values()) > _RAPID:
            flags["rapid_reputation_increase"] = now + _FLAG_MS
        if max(hours.values()) - after > _RAPID:
            flags["rapid_reputation_decrease"] = now + _FLAG_MS
        return msgspec.structs.replace(self, hours=hours, flags=flags)

    def flags_at(self, now: int) -> tuple[Flag, ...]:
        """Return the flags that are up."""
        return tuple(sorted(flag for flag, until in self.flags.items() if until > now))
