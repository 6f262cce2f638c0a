"""How far a conversation was carried from agent to agent: the chain goes on with quick answers."""

from agentmesh.messages.envelope import Context, Envelope
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
    """Remembers what the agent read last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: tuple[float, Context] | None = None

    def was_read(self, envelope: Envelope) -> None:
        """The agent is shown a message; of several it is the one that came furthest that counts."""
        now, context = self._clock.monotonic(), next_in(envelope)
        going_on = self.going_on()
        if going_on is None or going_on.hop <= context.hop:
            self._last = now, context

    def going_on(self) -> Context | None:
        """Return the context of what the agent sends now, if it read something lately."""
        if self._last is None or self._clock.monotonic() - self._last[0] > PASSED_ON_SECONDS:
            return None
        return self._last[1]
