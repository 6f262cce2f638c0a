"""A contact for whom other keys than its own are shown: nothing is sent to it any more.

An AMID follows from its signing key, so that key cannot change. What can be shown in its place: a
record, an exchange key or prekeys that it did not sign, or a list of suites older than one it
signed before. For a stranger that ends the message; for a contact it is told loudly, and stays.
"""

import msgspec

from agentmesh.errors import AgentMeshError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.notices import Notice
from agentmesh.node.peers import CONTACT, Peers
from agentmesh.protocol.ids import Amid
from agentmesh.storage.interface import CardRow, DropCard, Put

DRAWER = "key_change"
KEY_CHANGED = "key_changed"
SIGNS = frozenset(
    {"record_invalid", "record_swapped", "bundle_invalid", "suites_rolled_back", KEY_CHANGED}
)
"""The codes of errors that tell of it."""


class KeyChange(msgspec.Struct, frozen=True):
    """What was shown, and when first."""

    sign: str
    at: float


class KeyChanges:
    """Remembers whose keys are in doubt, across restarts."""

    def __init__(self, hand: AtHand, peers: Peers) -> None:
        self._store = hand.store
        self._clock = hand.clock
        self._bulletin = hand.bulletin
        self.peers = peers
        self._known: dict[Amid, KeyChange] | None = None

    async def all(self) -> dict[Amid, KeyChange]:
        """Return whose keys are in doubt, and why."""
        if self._known is None:
            self._known = {
                Amid(card.name): msgspec.msgpack.decode(card.body, type=KeyChange)
                for card in await self._store.cards(DRAWER)
            }
        return self._known

    async def has(self, peer: Amid) -> bool:
        """Whether nothing may be sent to this peer."""
        return peer in await self.all()

    async def suspect(self, peer: Amid, error: AgentMeshError) -> bool:
        """Whether this error is a sign of changed keys of a contact; it is kept and told then."""
        row = await self.peers.row(peer)
        if error.code not in SIGNS or row is None or row.trust < CONTACT:
            return False
        known = await self.all()
        if peer not in known:
            known[peer] = KeyChange(error.code, self._clock.now())
            body = msgspec.msgpack.encode(known[peer])
            card = CardRow(drawer=DRAWER, name=peer, body=body, created_at=known[peer].at)
            await self._store.commit([Put(card)])
            self._bulletin.publish(
                Notice(kind="key_change", peer=peer, fields={"reason": error.code})
            )
        return True

    async def lift(self, peer: Amid) -> None:
        """The owner has looked, or forgot the contact: what it shows next counts."""
        known = await self.all()
        if known.pop(peer, None) is not None:
            await self._store.commit([DropCard(DRAWER, peer)])
            await self.peers.forget_suites(peer)
