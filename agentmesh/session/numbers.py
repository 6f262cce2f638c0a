"""Which numbers of a sequence have come: all up to one, and a bounded set of later ones."""

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.limits import MAX_SKIPPED


class Numbers(msgspec.Struct, frozen=True):
    """A set of sequence numbers that is nearly always `1..up_to`. A value."""

    up_to: int = 0
    also: tuple[int, ...] = ()

    def __contains__(self, number: int) -> bool:
        """Whether `number` has come."""
        return number <= self.up_to or number in self.also

    def add(self, number: int) -> "Numbers":
        """Return the set with `number`; one too far ahead is the peer's fault."""
        if number == self.up_to + 1 and not self.also:
            return Numbers(number)
        if number in self:
            return self
        if number > self.up_to + MAX_SKIPPED:
            raise RemoteProtocolError("sequence_too_far_ahead")
        return Numbers(self.up_to, (*self.also, number)).closed()

    def reach(self, number: int) -> "Numbers":
        """Return the set with `number`; gaps too far behind it are given up, and count as come."""
        base = self
        if number > self.up_to + MAX_SKIPPED:
            up_to = number - MAX_SKIPPED
            base = Numbers(up_to, tuple(late for late in self.also if late > up_to)).closed()
        return base.add(number)

    def union(self, other: "Numbers") -> "Numbers":
        """Return what is in either."""
        also = {*self.also, *other.also}
        up_to = max(self.up_to, other.up_to)
        return Numbers(up_to, tuple(sorted(number for number in also if number > up_to))).closed()

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return self.up_to + len(self.also)

    def closed(self) -> "Numbers":
        """Return the same set, with `up_to` as high as it can be."""
        up_to, rest = self.up_to, set(self.also)
        while up_to + 1 in rest:
            up_to += 1
            rest.discard(up_to)
        return Numbers(up_to, tuple(sorted(rest)))
