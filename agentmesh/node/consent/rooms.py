"""The rooms of consent, joined."""

from collections.abc import Mapping
from dataclasses import dataclass

from agentmesh.node.at_hand import AtHand
from agentmesh.node.consent.approvals import Approvals
from agentmesh.node.consent.contexts import Contexts
from agentmesh.node.consent.grant_book import GrantBook
from agentmesh.node.consent.introductions import Introductions
from agentmesh.node.consent.key_changes import KeyChanges
from agentmesh.node.consent.leave import Leave
from agentmesh.node.consent.reading import Reading
from agentmesh.node.consent.remarks import Remarks
from agentmesh.node.conversations import Conversations
from agentmesh.node.house_mail import Take
from agentmesh.node.peers import Peers
from agentmesh.protocol.ids import Amid


@dataclass(frozen=True, kw_only=True)
class ConsentRooms:
    """Who keeps what the owner decided."""

    leave: Leave
    approvals: Approvals
    contexts: Contexts
    reading: Reading
    key_changes: KeyChanges
    remarks: Remarks
    grants: GrantBook
    introductions: Introductions

    async def forget(self, peer: Amid) -> None:
        """Forget what the owner decided about a contact that is none any more."""
        await self.key_changes.lift(peer)
        await self.remarks.forget(peer)
        await self.grants.forget(peer)

    def takers(self) -> Mapping[str, Take]:
        """Return who takes which house mail."""
        return {
            "introduction": self.introductions.take,
            "grant_request": self.grants.requested,
        }


def consent_rooms(hand: AtHand, peers: Peers, talks: Conversations) -> ConsentRooms:
    """Return the rooms, each with its partners."""
    key_changes = KeyChanges(hand, peers)
    return ConsentRooms(
        leave=Leave(hand, peers, key_changes.has),
        approvals=Approvals(hand),
        contexts=Contexts(hand.keys.ring.entropy),
        reading=Reading(hand.store, hand.clock),
        key_changes=key_changes,
        remarks=Remarks(hand.store, hand.clock),
        grants=GrantBook(hand, peers, talks),
        introductions=Introductions(hand, peers),
    )
