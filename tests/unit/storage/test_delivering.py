"""Where incoming messages lie, in each store alike: shown in the order of their numbers."""

import sqlite3
from itertools import permutations
from pathlib import Path

import pytest

from agentmesh.protocol.ids import MessageId
from agentmesh.storage.interface import Consume, Deliver, Release, Store
from tests.support.stores import ALICE, BOB, NOW, ONE, TWO, incoming, sqlite_store


async def _shown(store: Store) -> list[tuple[str, int | None]]:
    rows = await store.inbox(unread=False, peer=None, after=0, limit=99)
    return [(str(row.message_id), row.position) for row in rows]


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
async def test_messages_are_shown_in_order_however_they_came(
    store: Store, order: tuple[int, ...]
) -> None:
    await store.commit([*(Deliver(incoming(str(n), n)) for n in order), Release(ONE, 3)])
    assert await _shown(store) == [("1", 1), ("2", 2), ("3", 3)]


async def test_what_is_next_is_not_released_once_more(tmp_path: Path) -> None:
    asked: list[str] = []

    def traced(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.set_trace_callback(asked.append)
        return connection

    async with sqlite_store(tmp_path, traced) as store:
        await store.commit([Deliver(incoming("1", 1)), Release(ONE, 1)])
        assert await _shown(store) == [("1", 1)]
        assert not any("UPDATE incoming" in sql for sql in asked)
        await store.commit([Deliver(incoming("3", 3)), Release(ONE, 1)])
        await store.commit([Deliver(incoming("2", 2)), Release(ONE, 3)])
        assert await _shown(store) == [("1", 1), ("2", 2), ("3", 3)]
    assert any("UPDATE incoming" in sql for sql in asked)


async def test_what_waits_is_shown_between_what_came_around_it(store: Store) -> None:
    await store.commit([Deliver(incoming("4", 4)), Release(ONE, 2), Deliver(incoming("2", 2))])
    assert await _shown(store) == []
    turn = [Deliver(incoming("3", 3)), Deliver(incoming("5", 5)), Release(ONE, 5)]
    await store.commit(turn)
    assert await _shown(store) == [("2", 1), ("3", 2), ("4", 3), ("5", 4)]


async def test_only_what_is_released_is_shown(store: Store) -> None:
    turn = [Deliver(incoming("1", 1)), Deliver(incoming("2", 2)), Release(ONE, 1)]
    await store.commit([*turn, Deliver(incoming("other", 1, session_id=TWO)), Release(ONE, 9)])
    assert await _shown(store) == [("1", 1), ("2", 2)]
    await store.commit([Release(TWO, 1)])
    assert await _shown(store) == [("1", 1), ("2", 2), ("other", 3)]


async def test_what_comes_twice_takes_no_position(store: Store) -> None:
    await store.commit([Deliver(incoming("1", 1)), Release(ONE, 1)])
    again = [Deliver(incoming("1", 1)), Deliver(incoming("1", 2)), Deliver(incoming("3", 3))]
    await store.commit([*again, Release(ONE, 3)])
    assert await _shown(store) == [("1", 1), ("3", 2)]


async def test_an_id_means_the_message_that_was_shown_and_not_one_that_waits(store: Store) -> None:
    await store.commit([Deliver(incoming("m", 2, peer=ALICE, session_id=TWO))])
    await store.commit([Deliver(incoming("m", 1)), Release(ONE, 1)])
    row = await store.incoming(MessageId("m"))
    assert row is not None
    assert row.peer == BOB
    await store.commit([Consume(MessageId("m"), NOW)])
    waiting = await store.incoming(MessageId("m"), ALICE)
    assert waiting is not None
    assert waiting.consumed_at is None


async def test_a_position_never_comes_again_whoever_erased_its_message(tmp_path: Path) -> None:
    async with sqlite_store(tmp_path) as store:
        await store.commit([Deliver(incoming(str(n), n)) for n in (1, 2)] + [Release(ONE, 2)])
    connection = sqlite3.connect(tmp_path / "agentmesh.db")
    connection.execute("DELETE FROM incoming")
    connection.commit()
    connection.close()
    async with sqlite_store(tmp_path) as store:
        await store.commit([Deliver(incoming("3", 3)), Release(ONE, 3)])
        assert await _shown(store) == [("3", 3)]
