"""The rooms of invites, joined."""

from dataclasses import dataclass

from agentmesh.discovery.interface import Directory
from agentmesh.node.at_hand import AtHand
from agentmesh.node.consent.rooms import ConsentRooms
from agentmesh.node.invites.book import InviteBook
from agentmesh.node.invites.desk import InviteDesk
from agentmesh.node.invites.joining import Joiner
from agentmesh.node.invites.letters import Letters, OfferOnce
from agentmesh.node.invites.newcomers import Newcomers
from agentmesh.node.invites.side_door import SideDoor
from agentmesh.node.peers import Peers


@dataclass(frozen=True, kw_only=True)
class InviteRooms:
    """Who invites, and who joins."""

    book: InviteBook
    desk: InviteDesk
    joiner: Joiner


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How invites reach others: where they are, what brings letters, what takes them."""

    directory: Directory
    side_door: SideDoor
    offer_once: OfferOnce


def invite_rooms(hand: AtHand, peers: Peers, consent: ConsentRooms, reach: Reach) -> InviteRooms:
    """Return the rooms, each with its partners."""
    book = InviteBook(hand)
    letters = Letters(hand.keys, reach.directory, reach.offer_once)
    newcomers = Newcomers(peers, consent.remarks, hand.bulletin)
    return InviteRooms(
        book=book,
        desk=InviteDesk(hand, reach.side_door, book, letters, newcomers),
        joiner=Joiner(letters, reach.side_door, newcomers, consent.leave),
    )
