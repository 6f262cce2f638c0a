"""The rooms of consent, joined."""

from dataclasses import dataclass

from agentmesh.node.at_hand import AtHand
from agentmesh.node.consent.approvals import Approvals
from agentmesh.node.consent.key_changes import KeyChanges
from agentmesh.node.consent.leave import Leave
from agentmesh.node.consent.reading import Reading
from agentmesh.node.consent.remarks import Remarks
from agentmesh.node.peers import Peers
from agentmesh.protocol.ids import Amid


@dataclass(frozen=True, kw_only=True)
class ConsentRooms:
    """Who keeps what the owner decided."""

    leave: Leave
    approvals: Approvals
    reading: Reading
    key_changes: KeyChanges
    remarks: Remarks

    async def forget(self, peer: Amid) -> None:
        """Forget what the owner decided about a contact that is none any more."""
        await self.key_changes.lift(peer)
        await self.remarks.forget(peer)


def consent_rooms(hand: AtHand, peers: Peers) -> ConsentRooms:
    """Return the rooms, each with its partners."""
    key_changes = KeyChanges(hand, peers)
    return ConsentRooms(
        leave=Leave(hand, peers, key_changes.has),
        approvals=Approvals(hand),
        reading=Reading(hand.store, hand.clock),
        key_changes=key_changes,
        remarks=Remarks(hand.store, hand.clock),
    )
