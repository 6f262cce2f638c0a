"""How far a conversation was carried from agent to agent: the chain goes on with quick answers."""

from agentmesh.messages.envelope import Context, Envelope
from agentmesh.node.consent.contexts import UNKNOWN, Setting
from agentmesh.node.inbox import envelope_of
from agentmesh.protocol.world import Clock
from agentmesh.storage.interface import IncomingRow

PASSED_ON_SECONDS = 300.0
"""So long after a message came an answer goes on in its chain, and so long after the agent read it
what it sends to others. What took longer begins anew: it is no loop."""
MAX_HOP = 1000
"""What the wire can say."""


def next_in(envelope: Envelope) -> Context:
    """Return the context of what answers a message, or passes it on."""
    if envelope.context is None:
        return Context(chain_id=envelope.id, hop=1)
    hop = min(envelope.context.hop + 1, MAX_HOP)
    return Context(chain_id=envelope.context.chain_id, hop=hop)


def answering(row: IncomingRow, now: float) -> Context | None:
    """Return the context of an answer to a message, if that came lately."""
    if now - row.received_at > PASSED_ON_SECONDS:
        return None
    return next_in(envelope_of(row))


class Chains:
    """Remembers what the agent read last, in each of its host's sessions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: dict[Setting, tuple[float, Context]] = {}

    def was_read(self, envelope: Envelope, where: Setting = UNKNOWN) -> None:
        """The agent is shown a message; of several it is the one that came furthest that counts."""
        now, context = self._clock.monotonic(), next_in(envelope)
        lately = self._lately()
        if where not in lately or lately[where][1].hop <= context.hop:
            lately[where] = now, context

    def going_on(self, where: Setting = UNKNOWN) -> Context | None:
        """Return the context of what the agent sends now, if it read something lately."""
        lately = self._lately().items()
        reached = [it for other, (_, it) in lately if where.is_reached_from(other)]
        return max(reached, key=lambda it: it.hop, default=None)

    def _lately(self) -> dict[Setting, tuple[float, Context]]:
        oldest = self._clock.monotonic() - PASSED_ON_SECONDS
        self._last = {where: it for where, it in self._last.items() if it[0] >= oldest}
        return self._last
