"""Peers known from somewhere else: names and words, and no key that holds here.

They cannot be written to. When one of them shows up with a key of ours, the owner says who it is,
and only then the words are put to a contact; levels of trust are never taken over.
"""

import unicodedata

import msgspec

from agentmesh.errors import UsageError
from agentmesh.node.consent.remarks import Remarks
from agentmesh.node.peers import CONTACT, Peers
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Clock
from agentmesh.storage.interface import CardRow, ContactRow, Put, Store

DRAWER = "acquaintance"
MAX_KEPT = 500


class Acquaintance(msgspec.Struct, frozen=True, kw_only=True):
    """What was written elsewhere about a peer. `approved`: that it was let in there.

    `met_as`: who it turned out to be here. It is kept then, so that it does not come twice.
    """

    former_id: str
    alias: str = ""
    description: str = ""
    note: str = ""
    approved: bool = False
    added_at: float
    met_as: str = ""


class Acquaintances:
    """Keeps them until they are met."""

    def __init__(self, store: Store, peers: Peers, remarks: Remarks, clock: Clock) -> None:
        self._store = store
        self._peers = peers
        self._remarks = remarks
        self._clock = clock

    async def all(self) -> list[Acquaintance]:
        """Return all that were not met yet, by alias."""
        found = [it for it in await self._kept() if not it.met_as]
        return sorted(found, key=lambda it: (it.alias == "", _folded(it.alias), it.former_id))

    async def add(self, several: list[Acquaintance]) -> list[Acquaintance]:
        """Keep those that are new, all or none; whoever is known or was met stays as it is."""
        kept = {it.former_id for it in await self._kept()}
        fresh = {it.former_id: it for it in several if it.former_id not in kept}
        if len(kept) + len(fresh) > MAX_KEPT:
            raise UsageError(
                "too_many_acquaintances", f"No more than {MAX_KEPT} are kept.", "Import fewer."
            )
        if fresh:
            await self._store.commit([Put(_card(it)) for it in fresh.values()])
        return list(fresh.values())

    async def bind(self, name: str, peer: Amid, alias: str | None = None) -> ContactRow:
        """Make a peer the one that is known by this id or alias; its words become the contact's.

        Words that the owner has for this contact already stay.
        """
        known = await self._called(name)
        had = await self._peers.row(peer)
        words = {"alias": alias or known.alias, "description": known.description}
        if had is not None:
            words = {"alias": alias or had.alias or known.alias}
            words["description"] = had.description or known.description
        row = await self._peers.describe(peer, **words)
        if known.note and not (await self._remarks.about(peer)).note:
            await self._remarks.note(peer, known.note)
        row = await self._peers.trust(peer, max(row.trust, CONTACT))
        await self._store.commit([Put(_card(msgspec.structs.replace(known, met_as=peer)))])
        return row

    async def _kept(self) -> list[Acquaintance]:
        cards = await self._store.cards(DRAWER)
        return [msgspec.msgpack.decode(card.body, type=Acquaintance) for card in cards]

    async def _called(self, name: str) -> Acquaintance:
        fitting = [it for it in await self._kept() if it.former_id == name] or [
            it for it in await self.all() if it.alias and _folded(it.alias) == _folded(name)
        ]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise UsageError(
                "ambiguous_acquaintance",
                f"{len(fitting)} are called {name[:60]!r}.",
                "Use the id it had: agentmesh import list",
            )
        raise UsageError(
            "unknown_acquaintance",
            f"Nobody known from elsewhere is called {name[:60]!r}.",
            "`agentmesh import list` lists them.",
        )


def _card(it: Acquaintance) -> CardRow:
    body = msgspec.msgpack.encode(it)
    return CardRow(drawer=DRAWER, name=it.former_id, body=body, created_at=it.added_at)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
