"""The owner's words about a peer: what it may be used for; and that an invite brought it."""

import msgspec

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Clock
from agentmesh.storage.interface import CardRow, Change, DropCard, Put, Store

DRAWER = "remark"


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept about a peer besides its keys. `invited_at`: when it joined by an invite."""

    note: str = ""
    invited_at: float | None = None


class Remarks:
    """Keeps the remarks; the few there are stay in memory."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[Amid, Remark] | None = None

    async def all(self) -> dict[Amid, Remark]:
        """Return the remarks about all peers."""
        if self._known is None:
            self._known = {
                Amid(card.name): msgspec.msgpack.decode(card.body, type=Remark)
                for card in await self._store.cards(DRAWER)
            }
        return self._known

    async def about(self, peer: Amid) -> Remark:
        """Return the remark about a peer; an empty one if there is none."""
        return (await self.all()).get(peer, Remark())

    async def note(self, peer: Amid, note: str) -> None:
        """Keep what this peer may be used for; empty takes it away."""
        await self._keep(peer, msgspec.structs.replace(await self.about(peer), note=note.strip()))

    async def invited(self, peer: Amid) -> None:
        """Keep that an invite brought this peer just now."""
        remark = await self.about(peer)
        await self._keep(peer, msgspec.structs.replace(remark, invited_at=self._clock.now()))

    async def forget(self, peer: Amid) -> None:
        """Forget what was kept about a peer."""
        await self._keep(peer, Remark())

    async def _keep(self, peer: Amid, remark: Remark) -> None:
        change: Change = DropCard(DRAWER, peer)
        if remark != Remark():
            body = msgspec.msgpack.encode(remark)
            now = self._clock.now()
            change = Put(CardRow(drawer=DRAWER, name=peer, body=body, created_at=now))
        await self._store.commit([change])
        known = await self.all()
        known[peer] = remark
        if remark == Remark():
            del known[peer]
