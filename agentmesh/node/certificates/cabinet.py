"""What we trust, kept among our cards."""

import msgspec

from agentmesh.discovery.trust import TrustBook
from agentmesh.protocol.world import Clock
from agentmesh.storage.interface import CardRow, Put, Store

DRAWER = "trust"


class TrustCards:
    """Keeps the book of one registry, by its address."""

    def __init__(self, store: Store, registry: str, clock: Clock) -> None:
        self._store = store
        self._name = registry
        self._clock = clock

    async def load(self) -> TrustBook:
        """Return the book; an empty one if there is none yet."""
        card = await self._store.card(DRAWER, self._name)
        return TrustBook() if card is None else msgspec.msgpack.decode(card.body, type=TrustBook)

    async def save(self, book: TrustBook) -> None:
        """Keep the book."""
        body = msgspec.msgpack.encode(book)
        card = CardRow(drawer=DRAWER, name=self._name, body=body, created_at=self._clock.now())
        await self._store.commit([Put(card)])
