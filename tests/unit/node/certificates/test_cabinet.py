"""What we trust outlives the daemon."""

from agentmesh.discovery.trust import KeptList, TrustBook
from agentmesh.node.certificates.cabinet import TrustCards
from tests.support.node_pair import node_pair


async def test_a_book_is_kept_by_its_registry() -> None:
    async with node_pair() as pair:
        cards = TrustCards(pair.low.store, "https://one.example", pair.low.clock)
        assert await cards.load() == TrustBook()
        book = TrustBook(authority=b"root", lists={b"i" * 20: KeptList(b"list", 7, 1.5)})
        await cards.save(book)
        assert await cards.load() == book
        other = TrustCards(pair.low.store, "https://two.example", pair.low.clock)
        assert await other.load() == TrustBook()
