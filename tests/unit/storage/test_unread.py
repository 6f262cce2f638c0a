"""Figures: how much of a peer lies unread and can be read, how many sessions are open."""

from agentmesh.storage.interface import Consume, Deliver, Put, Release, Store
from tests.support.stores import ALICE, BOB, NOW, ONE, incoming, session


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


async def test_open_sessions_are_counted_until_their_time_is_over(store: Store) -> None:
    rows = [session("a"), session("b", phase="knocked"), session("c", expires_at=NOW)]
    await store.commit([Put(row) for row in rows])
    assert await store.open_sessions(NOW - 1) == 2
    assert await store.open_sessions(NOW) == 1
