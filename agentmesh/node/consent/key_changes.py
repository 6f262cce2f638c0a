"""A contact for whom other keys than its own are shown: nothing is sent to it any more.

An AMID follows from its signing key, so that key cannot change. What can be shown in its place: a
record, an exchange key or prekeys that it did not sign, or a list of suites older than one it
signed before. For a stranger that ends the message; for a contact it is told loudly, and stays.
"""

import msgspec

from agentmesh.errors import AgentMeshError, TrustError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.notices import Notice
from agentmesh.node.peers import CONTACT, Peers
from agentmesh.protocol.ids import Amid
from agentmesh.storage.interface import CardRow, DropCard, Put

DRAWER = "key_change"
KEY_CHANGED = "key_changed"
REVOKED = "identity_revoked"
SIGNS = frozenset(
    {"record_invalid", "record_swapped", "bundle_invalid", "suites_rolled_back", KEY_CHANGED}
    | {REVOKED}
)
"""The codes of errors that tell of it."""


class KeyChange(msgspec.Struct, frozen=True):
    """What was shown, and when first. `successor`: who is named to take a revoked one's place."""

    sign: str
    at: float
    successor: str = ""


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
        if error.code not in SIGNS:
            return False
        return await self.mark(peer, error.code)

    async def mark(self, peer: Amid, sign: str, successor: str = "") -> bool:
        """Whether this is a contact; if so, nothing is sent to it any more, and the owner hears."""
        row = await self.peers.row(peer)
        if row is None or row.trust < CONTACT:
            return False
        known = await self.all()
        if peer not in known or (sign == REVOKED and known[peer].sign != REVOKED) or successor:
            known[peer] = KeyChange(sign, self._clock.now(), successor)
            body = msgspec.msgpack.encode(known[peer])
            card = CardRow(drawer=DRAWER, name=peer, body=body, created_at=known[peer].at)
            await self._store.commit([Put(card)])
            self._bulletin.publish(Notice(kind="key_change", peer=peer, fields={"reason": sign}))
        return True

    async def check_liftable(self, peer: Amid) -> None:
        """Raise for an identity that was taken back: nobody can make it count again."""
        change = (await self.all()).get(peer)
        if change is not None and change.sign == REVOKED:
            hint = "Ask its owner for the new AMID over another channel."
            if change.successor:
                hint = f"It names {change.successor} as its successor. {hint}"
            raise TrustError(REVOKED, f"The identity {peer} was taken back, for good.", hint)

    async def lift(self, peer: Amid) -> None:
        """The owner has looked, or forgot the contact: what it shows next counts."""
        known = await self.all()
        if known.pop(peer, None) is not None:
            await self._store.commit([DropCard(DRAWER, peer)])
            await self.peers.forget_suites(peer)
