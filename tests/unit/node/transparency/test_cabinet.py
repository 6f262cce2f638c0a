"""The book comes back after a restart."""

from agentmesh.discovery.book import Book
from agentmesh.node.transparency.cabinet import DRAWER, LogCabinet
from agentmesh.protocol.merkle import Frontier
from agentmesh.storage.volatile import VolatileStore
from tests.support.world import FakeClock
from tests.unit.identity.test_registry_log import head

URL = "https://registry.example"


def book() -> Book:
    kept = Book(head=head(3), followed=Frontier(), heads=(head(3).signed,), fault="log_forked")
    kept.note(b"alice", 7)
    kept.revoked = {bytes([number]) * 32 for number in range(5)}
    return kept


async def test_a_book_comes_back_as_it_was() -> None:
    store = VolatileStore()
    await LogCabinet(store, URL, FakeClock()).save(book())
    assert await LogCabinet(store, URL, FakeClock()).load() == book()
    assert await LogCabinet(store, URL + "/other", FakeClock()).load() is None


async def test_what_did_not_change_is_not_written_again() -> None:
    store, clock = VolatileStore(), FakeClock()
    cabinet, kept = LogCabinet(store, URL, clock), book()
    await cabinet.save(kept)
    clock.advance(60)
    await cabinet.save(kept)
    assert {card.created_at for card in await store.cards(DRAWER)} == {clock.now() - 60}
    kept.note(b"bob", 8)
    await cabinet.save(kept)
    assert {card.created_at for card in await store.cards(DRAWER)} == {
        clock.now(),
        clock.now() - 60,
    }
    again = LogCabinet(store, URL, clock)
    await again.load()
    kept.revoked.add(b"m" * 32)
    await again.save(kept)
    assert (await LogCabinet(store, URL, clock).load()) == kept


async def test_a_book_is_forgotten() -> None:
    store = VolatileStore()
    cabinet = LogCabinet(store, URL, FakeClock())
    await cabinet.save(book())
    await cabinet.clear()
    assert await cabinet.load() is None
    assert await store.cards(DRAWER) == []
