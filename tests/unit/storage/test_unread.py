"""How much of a peer lies unread, and what of it can be read."""

from agentmesh.storage.interface import Consume, Deliver, Release, Store
from tests.support.stores import ALICE, BOB, NOW, ONE, incoming


async def test_what_is_unread_is_counted_by_whether_it_can_be_read(store: Store) -> None:
    assert await store.unread(BOB) == (0, 0)
    rows = [incoming("a", 1), incoming("b", 2), incoming("c", 4), incoming("d", 1, peer=ALICE)]
    await store.commit([Deliver(row) for row in rows[:3]])
    await store.commit([Release(ONE, 2)])
    shown, waiting = await store.unread(BOB)
    assert shown == 2 * waiting > 0
    await store.commit([Consume(rows[0].message_id, NOW, BOB)])
    assert await store.unread(BOB) == (waiting, waiting)
    assert await store.unread(ALICE) == (0, 0)
