"""Offers bulk frames to a peer's relay, and says when one that was not taken may come again."""

from dataclasses import dataclass

from agentmesh.errors import AgentMeshError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.peers import Peers
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Send, Sent
from agentmesh.transport.interface import Transport

AWAY_SECONDS = 30.0
RATE_SECONDS = 5.0
PAUSED_SECONDS = 5.0
UNREACHABLE_SECONDS = 2.0
FULL_SECONDS = 2
"""A relay that says `full` for so short a time still has our last chunks: the peer is there."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not taken: offer it again after so many seconds. `is_over_soon`: the peer is there."""

    seconds: float
    reason: str
    is_over_soon: bool = False


class Carrier:
    """Carries what may get lost: the peer's own word tells what came."""

    def __init__(self, hand: AtHand, transport: Transport, peers: Peers) -> None:
        self._transport = transport
        self._peers = peers
        self._keys = hand.keys
        self._paused = hand.switches.paused_peers

    async def offer(self, peer: Amid, payload: bytes) -> Wait | None:
        """Offer a frame; None: it is on its way."""
        if peer in self._paused:
            return Wait(PAUSED_SECONDS, "paused")
        frame = Send(
            id=self._keys.ring.frame_id(),
            to=peer,
            message_type="bulk",
            encrypted_payload=payload,
            expires_in=0,
        )
        try:
            return _judge(await self._transport.send(frame, await self._peers.relay_of(peer)))
        except AgentMeshError as error:
            return Wait(UNREACHABLE_SECONDS, error.code)


def _judge(sent: Sent) -> Wait | None:
    if sent.outcome != "refused":
        return None
    if sent.code == "RATE_LIMITED":
        seconds = float(sent.retry_after_seconds or RATE_SECONDS)
        return Wait(seconds, "rate_limited", is_over_soon=True)
    if sent.code == "MAILBOX_FULL":
        seconds = float(sent.retry_after_seconds or AWAY_SECONDS)
        is_there = seconds <= FULL_SECONDS
        return Wait(seconds, "relay_full" if is_there else "peer_away", is_over_soon=is_there)
    return Wait(AWAY_SECONDS, (sent.code or "relay_refused").lower())
