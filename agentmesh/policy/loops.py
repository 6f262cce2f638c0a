"""Do two agents only answer each other? What our agent says right after a peer spoke is a turn.

An owner who types, a stream, a burst in one direction make no turns: a turn needs a message of the
peer's before it, and each of those counts once.
"""

from collections import OrderedDict

from agentmesh.policy.counting import MAX_NAMES, RecentByName
from agentmesh.policy.document import BreakerLimits
from agentmesh.protocol.ids import Amid


class Turns:
    """The turns with each peer."""

    def __init__(self) -> None:
        self._heard: OrderedDict[Amid, float] = OrderedDict()
        self._turns: RecentByName[Amid] = RecentByName()

    def heard(self, peer: Amid, at: float) -> None:
        """A message of the peer's is here."""
        self._heard[peer] = at
        self._heard.move_to_end(peer)
        if len(self._heard) > MAX_NAMES:
            self._heard.popitem(last=False)

    def said(self, peer: Amid, at: float, limits: BreakerLimits) -> int:
        """Our agent says something; return how many turns there were within `loop_seconds`."""
        turns = self._turns.of(peer)
        heard_at = self._heard.pop(peer, None)
        if heard_at is not None and at - heard_at <= limits.turn_seconds:
            turns.add(at)
        return turns.within(limits.loop_seconds, at)

    def forget(self, peer: Amid) -> None:
        """Begin anew with a peer."""
        self._heard.pop(peer, None)
        self._turns.forget(peer)


def is_loop(turns: int, limits: BreakerLimits) -> bool:
    """Whether so many turns are a loop."""
    return 0 < limits.loop_turns <= turns
