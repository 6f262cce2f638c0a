"""Who takes a contact's place: named by its old key, agreed by its new one, followed by the owner.

A contact tells it in a session that is open, and the registry's log proves it. Either stops all
that goes to the old key. Whether the new one is the contact is the owner's to say: with the old
one's word alone whoever stole its key could name itself.
"""

import base64
import binascii
from functools import partial

import msgspec

from agentmesh.discovery.chain import Chain
from agentmesh.discovery.interface import Found
from agentmesh.discovery.log import RegistryLog
from agentmesh.errors import Refused, RemoteProtocolError, TrustError
from agentmesh.messages.envelope import Envelope
from agentmesh.node.consent.key_changes import DRAWER, REVOKED, KeyChanges
from agentmesh.node.consent.remarks import Remarks
from agentmesh.node.house_mail import Take
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.limits import MAX_SUCCESSORS
from agentmesh.protocol.revocation import read_revocation
from agentmesh.protocol.signed import Signed
from agentmesh.storage.interface import ContactRow, DropCard

SUCCESSION = "succession"
_ASK = "Ask its owner over another channel who it is now: agentmesh contacts add AMID"


class SuccessionNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The payload: the MessagePack of Signed(Revocation), in base64."""

    revocation: str


class Successions:
    """Hears of successors, and puts them in their place when the owner says so."""

    def __init__(
        self, key_changes: KeyChanges, remarks: Remarks, directory: Chain, log: RegistryLog
    ) -> None:
        self._key_changes = key_changes
        self._remarks = remarks
        self._directory = directory
        self._log = log

    def takers(self) -> dict[str, Take]:
        """Return who takes which type of house mail."""
        return {SUCCESSION: self.take}

    async def take(self, peer: Amid, _: SessionId, envelope: Envelope) -> None:
        """Believe a contact that says of itself that it counts no more."""
        try:
            note = msgspec.json.decode(envelope.payload, type=SuccessionNote)
            packed = base64.b64decode(note.revocation, validate=True)
            signed = msgspec.msgpack.decode(packed, type=Signed)
        except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError):
            raise RemoteProtocolError("succession_malformed") from None
        revoked = read_revocation(signed)
        if revoked.revocation.amid != peer:
            raise RemoteProtocolError("revocation_invalid")
        await self._key_changes.taken_back(peer, revoked)

    async def follow(self, old: Amid) -> ContactRow:
        """Put the successor in a contact's place: under its names, with no more trust than any."""
        await self._named(old)
        found = await self._last(old)
        note = (await self._remarks.about(old)).note
        if note:
            await self._remarks.note(found.amid, note)
        return await self._key_changes.peers.replace(old, found, [DropCard(DRAWER, old)])

    async def decline(self, old: Amid) -> Amid:
        """Keep that the owner does not believe it; return whom not."""
        named = await self._named(old)
        await self._key_changes.decline(old)
        return named

    async def _named(self, old: Amid) -> Amid:
        await self._key_changes.peers.contact(old)
        change = (await self._key_changes.all()).get(old)
        if change is None or not change.successor:
            raise TrustError("no_successor", f"{old} has named nobody in its place.", _ASK)
        return Amid(change.successor)

    async def _last(self, old: Amid) -> Found:
        """Return who counts now, after as many successors as there were; each step is proved."""
        seen = [old]
        while len(seen) <= MAX_SUCCESSORS:
            revoked = await self._directory.asking(partial(self._log.revocation, seen[-1]))
            successor = revoked.successor
            named = (await self._key_changes.all())[old].successor
            if successor is None or (len(seen) == 1 and successor != named):
                raise TrustError(
                    "no_successor", f"The registry proves no successor of {seen[-1]}.", _ASK
                )
            if successor in seen:
                raise TrustError("succession_loop", "These successors name each other.", _ASK)
            seen.append(successor)
            self._directory.forget(successor)
            try:
                return await self._directory.lookup(successor)
            except Refused as error:
                if error.code != REVOKED:
                    raise
        raise TrustError("succession_too_long", f"More than {MAX_SUCCESSORS} in a row.", _ASK)
