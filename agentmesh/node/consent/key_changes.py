"""A contact for whom other keys than its own are shown: nothing is sent to it any more.

An AMID follows from its signing key, so that key cannot change. What can be shown in its place: a
record, an exchange key or prekeys that it did not sign, or a list of suites older than one it
signed before. For a stranger that ends the message; for a contact it is told loudly, and stays.
"""

from typing import Literal

import msgspec

from agentmesh.errors import AgentMeshError, TrustError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.notices import Notice
from agentmesh.node.peers import CONTACT, Peers
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.revocation import Revoked
from agentmesh.storage.interface import CardRow, DropCard, Put

DRAWER = "key_change"
KEY_CHANGED = "key_changed"
REVOKED = "identity_revoked"
FORKED = "forked"
"""The reason of an identity that named two different successors."""
Succeeds = Literal["nobody", "undecided", "declined"]
SIGNS = frozenset(
    {"record_invalid", "record_swapped", "bundle_invalid", "suites_rolled_back", KEY_CHANGED}
    | {REVOKED}
)
"""The codes of errors that tell of it."""


class KeyChange(msgspec.Struct, frozen=True):
    """What was shown, and when first.

    Of an identity that was taken back: why, by whom, their note, and who takes its place, if one
    does. `declined`: the owner has said no to that one. `organization`: the domain, if it was one.
    """

    sign: str
    at: float
    successor: str = ""
    reason: str = ""
    issuer: str = ""
    note: str = ""
    declined: bool = False
    organization: str = ""


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

    async def mark(self, peer: Amid, sign: str) -> bool:
        """Whether this is a contact; if so, nothing is sent to it any more, and the owner hears."""
        if not await self._is_contact(peer):
            return False
        known = await self.all()
        if peer not in known or (sign == REVOKED and known[peer].sign != REVOKED):
            await self._keep(peer, KeyChange(sign, self._clock.now()))
        return True

    async def taken_back(self, peer: Amid, revoked: Revoked) -> None:
        """Keep why a contact's identity counts no more.

        Of two statements that name different successors neither is followed: somebody else has its
        key, too.
        """
        if not await self._is_contact(peer):
            return
        said = revoked.revocation
        change = KeyChange(
            sign=REVOKED,
            at=self._clock.now(),
            successor=revoked.successor or "",
            reason=said.reason,
            issuer=said.issuer,
            note=said.note,
            organization=revoked.organization,
        )
        before = (await self.all()).get(peer)
        if before is not None and before.reason:
            if change.successor == before.successor:
                return
            change = msgspec.structs.replace(before, successor="", reason=FORKED)
        if change != before:
            await self._keep(peer, change)

    async def decline(self, peer: Amid) -> None:
        """The owner does not believe in a contact's successor."""
        change = (await self.all())[peer]
        await self._keep(peer, msgspec.structs.replace(change, declined=True))

    async def succession(self, peer: Amid) -> Succeeds:
        """Return whether a peer is to take a contact's place, and what its owner said to that."""
        for change in (await self.all()).values():
            if change.successor == peer:
                return "declined" if change.declined else "undecided"
        return "nobody"

    async def check_liftable(self, peer: Amid) -> None:
        """Raise for an identity that was taken back: nobody can make it count again."""
        change = (await self.all()).get(peer)
        if change is not None and change.sign == REVOKED:
            hint = "Ask its owner for the new AMID over another channel."
            if change.successor:
                hint = f"It names a successor: agentmesh contacts follow {peer}"
            raise TrustError(REVOKED, f"The identity {peer} was taken back, for good.", hint)

    async def lift(self, peer: Amid) -> None:
        """The owner has looked, or forgot the contact: what it shows next counts."""
        known = await self.all()
        if known.pop(peer, None) is not None:
            await self._store.commit([DropCard(DRAWER, peer)])
            await self.peers.forget_suites(peer)

    async def _is_contact(self, peer: Amid) -> bool:
        row = await self.peers.row(peer)
        return row is not None and row.trust >= CONTACT

    async def _keep(self, peer: Amid, change: KeyChange) -> None:
        (await self.all())[peer] = change
        body = msgspec.msgpack.encode(change)
        card = CardRow(drawer=DRAWER, name=peer, body=body, created_at=change.at)
        await self._store.commit([Put(card)])
        if not change.declined:
            notice = Notice(kind="key_change", peer=peer, fields={"reason": change.sign})
            self._bulletin.publish(notice)
