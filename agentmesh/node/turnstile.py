"""What comes in through doors that are open: how fast, and whether a rest may be broken."""

from collections import OrderedDict
from dataclasses import dataclass

from agentmesh.errors import RemoteProtocolError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.notices import Notice
from agentmesh.node.sessions import may_go_on
from agentmesh.node.turn import Talk
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAX_IN_FLIGHT
from agentmesh.protocol.world import Clock
from agentmesh.session.states import Resting

MINUTE = 60.0
MAX_COUNTED_PEERS = 10_000
FLOOD_FACTOR = 10
FLOOD_LEAST = 4 * MAX_IN_FLIGHT
"""An honest peer that offers again what was not taken stays below this in a minute."""
LETTERS_A_MINUTE = 600
"""So much mail of a peer's daemon is taken; each letter may cost us an answer."""
FLOODS = "peer_floods"
"""The kind of the notice that a peer sends far more than it may, and does not stop."""


@dataclass
class _Count:
    """How many messages of a peer may still be taken, and how many came this minute."""

    left: float
    at: float
    offered: int = 0
    minute: float = 0.0
    is_told: bool = False


class Turnstile:
    """Counts messages. Bounded: who has been quiet for longest is forgotten first."""

    def __init__(self, hand: AtHand, cache_seconds: float) -> None:
        self._hand = hand
        self._cache_seconds = cache_seconds
        self._counts: OrderedDict[Amid, _Count] = OrderedDict()
        self._letters: OrderedDict[Amid, _Count] = OrderedDict()

    @property
    def clock(self) -> Clock:
        """The clock."""
        return self._hand.clock

    def count(self, peer: Amid, messages: int) -> None:
        """Let messages through, or blame the peer: they are not confirmed, and come again later.

        A parcel is taken whole as long as anything may be taken; what it is too much is owed.
        """
        if not messages:
            return
        most = self._hand.policy().rate_limit.messages_per_minute
        count = self._count_of(peer, self._counts, most)
        self._notice_a_flood(peer, count, messages, max(FLOOD_FACTOR * most, FLOOD_LEAST))
        _take(count, messages)

    def count_letters(self, peer: Amid, letters: int) -> None:
        """The same for what a peer's daemon says to us, which no agent sees."""
        if letters:
            _take(self._count_of(peer, self._letters, LETTERS_A_MINUTE), letters)

    def _count_of(self, peer: Amid, counts: OrderedDict[Amid, _Count], most: float) -> _Count:
        """Return how much may still be taken of a peer, as of now."""
        now = self._hand.clock.monotonic()
        count = counts.setdefault(peer, _Count(most, now))
        counts.move_to_end(peer)
        if len(counts) > MAX_COUNTED_PEERS:
            counts.popitem(last=False)
        count.left = min(most, count.left + (now - count.at) * most / MINUTE)
        count.at = now
        return count

    def may_go_on(self, peer: Amid, talk: Talk) -> bool:
        """Whether the peer may go on with what is at rest; else it has to knock."""
        switches, policy = self._hand.switches, self._hand.policy()
        is_closed = switches.paused or switches.stopped or switches.presence == "dnd"
        if is_closed or peer in policy.blocklist or not isinstance(talk.state, Resting):
            return False
        return may_go_on(talk.state, talk, self._hand.clock.now(), self._cache_seconds)

    def _notice_a_flood(self, peer: Amid, count: _Count, messages: int, most: int) -> None:
        if count.at >= count.minute + MINUTE:
            count.minute, count.offered, count.is_told = count.at, 0, False
        count.offered += messages
        if count.offered > most and not count.is_told:
            count.is_told = True
            fields = {"messages": count.offered}
            self._hand.bulletin.publish(Notice(kind=FLOODS, peer=peer, fields=fields))


def _take(count: _Count, amount: int) -> None:
    if count.left < 1:
        raise RemoteProtocolError("rate_limited")
    count.left -= amount
