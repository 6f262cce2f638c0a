"""The book of a registry's log, kept among our cards."""

import msgspec

from agentmesh.discovery.book import Book
from agentmesh.protocol.merkle import HASH_BYTES
from agentmesh.protocol.world import Clock
from agentmesh.storage.interface import CardRow, DropCard, Put, Store

DRAWER = "registry_log"


class LogCabinet:
    """Keeps the book of one registry, by its address."""

    def __init__(self, store: Store, registry: str, clock: Clock) -> None:
        self._store = store
        self._name = registry
        self._clock = clock
        self._kept: tuple[bytes, int] = b"", -1

    async def load(self) -> Book | None:
        """Return the book; None if there is none yet."""
        card = await self._store.card(DRAWER, self._name)
        if card is None:
            return None
        book = msgspec.msgpack.decode(card.body, type=Book)
        listed = await self._store.card(DRAWER, self._revoked)
        packed = b"" if listed is None else listed.body
        starts = range(0, len(packed), HASH_BYTES)
        book.revoked = {packed[start : start + HASH_BYTES] for start in starts}
        self._kept = card.body, len(book.revoked)
        return book

    async def save(self, book: Book) -> None:
        """Keep the book: what has not changed is not written again."""
        now = self._clock.now()
        body = msgspec.msgpack.encode(msgspec.structs.replace(book, revoked=set()))
        count = len(book.revoked)
        kept_body, kept_count = self._kept
        changes = []
        if count != kept_count:
            packed = b"".join(sorted(book.revoked))
            changes.append(
                Put(CardRow(drawer=DRAWER, name=self._revoked, body=packed, created_at=now))
            )
        if body != kept_body:
            changes.append(Put(CardRow(drawer=DRAWER, name=self._name, body=body, created_at=now)))
        if changes:
            await self._store.commit(changes)
            self._kept = body, count

    async def clear(self) -> None:
        """Forget the book."""
        self._kept = b"", -1
        await self._store.commit([DropCard(DRAWER, name) for name in (self._name, self._revoked)])

    @property
    def _revoked(self) -> str:
        return f"{self._name} revoked"
