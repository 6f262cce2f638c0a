"""Which suite a peer is pinned to, and which weaker ones the owner allowed for it by name.

The pin is the strongest suite that was ever chosen with the peer; only the owner naming a weaker
one lowers it. Kept as a card, sealed: who edits the store can take a permission away, and
make none.
"""

from collections import OrderedDict

import msgspec

from agentmesh.crypto.suites import DEGRADED, allow_hint, rank_of
from agentmesh.errors import StorageError, UsageError
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Clock
from agentmesh.storage.interface import CardRow, Change, DropCard, Put, Store

DRAWER = "suite_pins"
MAX_AT_HAND = 1000


class Pin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One peer's pin. `allowed`: the suites below the floor that the owner permitted."""

    strongest: str = ""
    allowed: tuple[str, ...] = ()


class SuitePins:
    """All the pins."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._pins: OrderedDict[Amid, Pin] = OrderedDict()  # only this class changes them

    async def of(self, peer: Amid) -> Pin:
        """Return a peer's pin."""
        if peer not in self._pins:
            card = await self._store.card(DRAWER, peer)
            pin = Pin() if card is None else msgspec.msgpack.decode(card.body, type=Pin)
            self._remember(peer, pin)
        return self._pins[peer]

    async def chosen(self, peer: Amid, suite: str) -> list[Change]:
        """Pin a peer to a suite that was chosen with it, if that is stronger than its pin.

        Return what the caller has to save. If that fails, it calls `doubt`.
        """
        pin = await self.of(peer)
        if rank_of(suite) <= rank_of(pin.strongest):
            return []
        return self._change(peer, msgspec.structs.replace(pin, strongest=suite))

    def doubt(self, peer: Amid) -> None:
        """Read a peer's pin again: a change of it was perhaps not saved."""
        self._pins.pop(peer, None)

    async def allow(self, peer: Amid, suite: str) -> Pin:
        """Permit one suite below the floor for a peer; all of them if none is named.

        Raises `UsageError` if the peer is pinned to something stronger and none is named.
        """
        pin = await self.of(peer)
        weaker = [name for name in DEGRADED if rank_of(name) < rank_of(pin.strongest)]
        if not suite and weaker:
            raise UsageError(
                "suite_pinned",
                f"Sessions with this peer used {pin.strongest} before.",
                allow_hint(weaker[0]),
            )
        lowered = suite if suite and rank_of(suite) < rank_of(pin.strongest) else pin.strongest
        allowed = (suite,) if suite else DEGRADED
        return await self._keep(peer, Pin(strongest=lowered, allowed=allowed))

    async def forbid(self, peer: Amid) -> Pin:
        """Take every such permission back."""
        pin = await self.of(peer)
        return await self._keep(peer, msgspec.structs.replace(pin, allowed=()))

    async def allowed(self) -> dict[Amid, tuple[str, ...]]:
        """Return every peer with a permission, and what is permitted."""
        cards = await self._store.cards(DRAWER)
        pins = {Amid(card.name): msgspec.msgpack.decode(card.body, type=Pin) for card in cards}
        return {peer: pin.allowed for peer, pin in pins.items() if pin.allowed}

    async def _keep(self, peer: Amid, pin: Pin) -> Pin:
        try:
            await self._store.commit(self._change(peer, pin))
        except StorageError:
            self.doubt(peer)
            raise
        return pin

    def _change(self, peer: Amid, pin: Pin) -> list[Change]:
        # At hand before it is on the disk: who changes it meanwhile changes this one.
        self._remember(peer, pin)
        row = CardRow(
            drawer=DRAWER,
            name=peer,
            body=msgspec.msgpack.encode(pin),
            created_at=self._clock.now(),
        )
        return [Put(row) if pin != Pin() else DropCard(DRAWER, peer)]

    def _remember(self, peer: Amid, pin: Pin) -> None:
        self._pins[peer] = pin
        self._pins.move_to_end(peer)
        if len(self._pins) > MAX_AT_HAND:
            self._pins.popitem(last=False)
