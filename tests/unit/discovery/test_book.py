"""What is remembered of a log is bounded, and the newest counts."""

import msgspec

from agentmesh.discovery.book import MAX_SEEN, Book, Memory
from agentmesh.protocol.merkle import Frontier
from tests.unit.identity.test_registry_log import head


def book() -> Book:
    return Book(head=head(3), followed=Frontier())


def test_the_newest_entry_of_an_agent_is_remembered() -> None:
    kept = book()
    assert kept.newest_of(b"alice") == -1
    kept.note(b"alice", 3)
    kept.note(b"alice", 7)
    assert kept.newest_of(b"alice") == 7


def test_who_was_met_longest_ago_is_forgotten_first() -> None:
    kept = book()
    kept.note(b"first", 1)
    kept.note(b"second", 2)
    kept.note(b"first", 3)
    for number in range(MAX_SEEN - 1):
        kept.note(str(number).encode(), number)
    assert (kept.newest_of(b"first"), kept.newest_of(b"second")) == (3, -1)


def test_a_book_comes_back_as_it_was() -> None:
    kept = book()
    kept.note(b"alice", 7)
    kept.revoked.add(b"mallory")
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(kept), type=Book)
    assert again == kept


async def test_a_memory_lasts_as_long_as_it_is_held() -> None:
    memory = Memory()
    assert await memory.load() is None
    await memory.save(kept := book())
    assert await memory.load() is kept
    await memory.clear()
    assert await memory.load() is None
