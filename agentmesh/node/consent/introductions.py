"""A contact vouches for somebody. It changes how a KNOCK is shown, and nothing else.

No decision looks here: what a contact says about a stranger is neither consent nor trust.
"""

import base64
import binascii
from typing import Any

import msgspec

from agentmesh.errors import AgentMeshError, RemoteProtocolError, UsageError
from agentmesh.messages.delivery import clean, clean_name
from agentmesh.messages.envelope import Envelope
from agentmesh.messages.strict_json import read_json, write_json
from agentmesh.node.at_hand import AtHand
from agentmesh.node.notices import Notice
from agentmesh.node.peers import CONTACT, Peers
from agentmesh.protocol.ids import Amid, SessionId, parse_amid
from agentmesh.protocol.introduction import Introduction
from agentmesh.protocol.signed import Purpose, Signed, read
from agentmesh.storage.interface import CardRow, Put

DRAWER = "introduction"
KEPT_SECONDS = 30 * 86400
MAX_OF_ONE = 50
"""So many by one contact are kept; more are dropped."""


class Introduced(msgspec.Struct, frozen=True, kw_only=True):
    """Who was introduced by whom. `name` and `note` are the introducer's words."""

    amid: Amid
    by: Amid
    name: str
    note: str
    at: float
    signed: Signed


class Introductions:
    """Keeps what contacts say about others, and says it about ours."""

    def __init__(self, hand: AtHand, peers: Peers) -> None:
        self._hand = hand
        self._store = hand.store
        self._peers = peers

    async def payload(self, peer: Amid, to: Amid, note: str) -> bytes:
        """Return what introduces one contact of ours to another, signed."""
        row = await self._peers.contact(peer)
        await self._peers.contact(to)
        if peer == to:
            raise UsageError("same_peer", "Nobody is introduced to itself.")
        ring = self._hand.keys.ring
        document = Introduction(
            introduced=peer,
            name=row.name,
            note=note,
            timestamp=ring.milliseconds(),
            sender=ring.identity.amid,
            to=to,
        )
        signed = ring.identity.sign(document, Purpose.INTRODUCTION)
        return write_json({"signed": base64.b64encode(msgspec.msgpack.encode(signed)).decode()})

    async def take(self, peer: Amid, _: SessionId, envelope: Envelope) -> None:
        """Keep an introduction by a contact; others are not heard."""
        await self._peers.contact(peer)
        introduced = self._read(peer, envelope)
        name = f"{introduced.amid}/{peer}"
        theirs = [it for it in await self.all() if it.by == peer and it.amid != introduced.amid]
        if len(theirs) >= MAX_OF_ONE:
            raise RemoteProtocolError("too_many_introductions")
        card = CardRow(
            drawer=DRAWER,
            name=name,
            body=msgspec.msgpack.encode(introduced),
            created_at=introduced.at,
            expires_at=introduced.at + KEPT_SECONDS,
        )
        await self._store.commit([Put(card)])
        self._hand.bulletin.publish(Notice(kind="introduction_received", peer=peer))

    async def all(self) -> list[Introduced]:
        """Return all that are kept, newest first."""
        cards = await self._store.cards(DRAWER)
        kept = [msgspec.msgpack.decode(card.body, type=Introduced) for card in cards]
        return sorted(kept, key=lambda it: -it.at)

    async def of(self, amid: Amid) -> list[Introduced]:
        """Return who vouches for a peer: contacts that still are contacts."""
        said = [it for it in await self.all() if it.amid == amid]
        return [it for it in said if await self._vouches(it.by)]

    async def _vouches(self, peer: Amid) -> bool:
        row = await self._peers.row(peer)
        is_contact = row is not None and row.trust >= CONTACT
        return is_contact and peer not in self._hand.policy().blocklist

    def _read(self, peer: Amid, envelope: Envelope) -> Introduced:
        signed, document = read_introduction(envelope.payload)
        amid = document.introduced
        us = self._hand.keys.ring.identity.amid
        if (signed.amid, document.sender, document.to) != (peer, peer, us) or amid in {us, peer}:
            raise RemoteProtocolError("introduction_malformed")
        return Introduced(
            amid=amid,
            by=peer,
            name=clean_name(document.name),
            note=clean(document.note),
            at=self._hand.clock.now(),
            signed=signed,
        )


def read_introduction(payload: bytes) -> tuple[Signed, Introduction]:
    """Return what a message says, as it was signed and read; whose word it is, is not looked at."""
    try:
        said: Any = read_json(payload)
        packed = base64.b64decode(said["signed"], validate=True)
        signed = msgspec.msgpack.decode(packed, type=Signed)
        document = read(signed, Introduction, Purpose.INTRODUCTION)
        is_amid = parse_amid(document.introduced) == document.introduced
    except (KeyError, TypeError, ValueError, binascii.Error, msgspec.MsgspecError):
        raise RemoteProtocolError("introduction_malformed") from None
    except AgentMeshError as error:
        raise RemoteProtocolError(error.code) from None
    if not is_amid:  # a DID names an agent too, but not here
        raise RemoteProtocolError("introduction_malformed")
    return signed, document
