"""Who joined by an invite becomes a contact, at both ends, by the same few steps."""

from agentmesh.node.consent.remarks import Remarks
from agentmesh.node.notices import Bulletin, Notice
from agentmesh.node.peers import CONTACT, Peers
from agentmesh.protocol.ids import Amid


class Newcomers:
    """Makes contacts of those who proved that they know the words."""

    def __init__(self, peers: Peers, remarks: Remarks, bulletin: Bulletin) -> None:
        self._peers = peers
        self._remarks = remarks
        self._bulletin = bulletin

    async def welcome(self, peer: Amid, name: str) -> None:
        """Make a peer a contact; one that is trusted more stays so."""
        row = await self._peers.row(peer)
        trust = max(CONTACT, row.trust if row is not None else 0)
        await self._peers.trust(peer, trust, name=name)
        await self._remarks.invited(peer)
        self._bulletin.publish(
            Notice(kind="peer_trust_changed", peer=peer, fields={"trust": trust})
        )

    def failed(self, peer: Amid) -> None:
        """Tell the owner that somebody tried wrong words."""
        self._bulletin.publish(Notice(kind="invite_tried", peer=peer))
