"""What is past its time goes, the rest stays, in each store alike."""

from agentmesh.protocol.ids import MessageId, SessionId, id_time
from agentmesh.storage import cleaning
from agentmesh.storage.interface import Consume, Deliver, Put, Release, Remember, Store
from agentmesh.storage.sqlite import SqliteStore
from tests.support.stores import BOB, DAY, NOW, ONE, incoming, knock, outgoing, session

WEEK = 7 * DAY
OPEN, DONE = (MessageId(f"{id_time(NOW)}-{name}") for name in ("open", "done"))


async def test_nothing_goes_before_its_time(store: Store) -> None:
    await store.commit([Put(session()), Put(outgoing("a")), Put(outgoing("b", outcome="refused"))])
    await store.commit([Deliver(incoming("c")), Deliver(incoming("d")), Release(ONE, 1)])
    await store.commit([Consume(MessageId("c"), NOW), Put(knock("k")), Remember(BOB, "x", NOW + 1)])
    assert await store.clean(NOW) == 0
    assert await store.session(ONE) == session()
    assert await store.remembers(BOB, "x")


async def test_only_what_is_done_goes_after_a_week(store: Store) -> None:
    await store.commit([Put(outgoing(OPEN)), Put(outgoing(DONE, outcome="delivered"))])
    await store.commit([Deliver(incoming("unread")), Deliver(incoming("read")), Release(ONE, 1)])
    await store.commit([Consume(MessageId("read"), NOW)])
    assert await store.clean(NOW + WEEK) == 2
    assert await store.outgoing(OPEN) is not None
    assert await store.outgoing(DONE) is None
    assert await store.incoming(MessageId("unread")) is not None
    assert await store.incoming(MessageId("read")) is None


async def test_an_erased_message_does_not_come_again(store: Store) -> None:
    await store.commit([Deliver(incoming("m")), Release(ONE, 1), Consume(MessageId("m"), NOW)])
    # The clock jumps more than a year ahead, and back.
    assert await store.clean(NOW + 400 * DAY) == 1
    await store.commit([Deliver(incoming("m"))])
    assert await store.incoming(MessageId("m")) is None
    assert await store.remembers(BOB, "m")
    await store.clean(NOW + 400 * DAY + cleaning.REMEMBER_SECONDS)
    assert not await store.remembers(BOB, "m")


async def test_positions_do_not_come_again(store: Store) -> None:
    await store.commit([Deliver(incoming("a")), Release(ONE, 1), Consume(MessageId("a"), NOW)])
    await store.clean(NOW + WEEK)
    await store.commit([Deliver(incoming("b", 2)), Release(ONE, 2)])
    (row,) = await store.inbox(unread=True, peer=None, after=1, limit=9)
    assert row.position == 2


async def test_a_session_goes_a_week_after_its_end(store: Store) -> None:
    await store.commit([Put(session(expires_at=NOW))])
    assert await store.clean(NOW + WEEK - 1) == 0
    assert await store.clean(NOW + WEEK) == 1
    assert await store.session(ONE) is None


async def test_a_knock_that_nobody_answered_is_marked_and_later_goes(store: Store) -> None:
    await store.commit([Put(knock("k", expires_at=NOW))])
    assert await store.clean(NOW) == 1
    row = await store.knock(SessionId("k"))
    assert row is not None
    assert (row.verdict, row.reason) == ("dismissed", "expired")
    assert await store.clean(NOW + cleaning.KNOCK_SECONDS) == 1
    assert await store.knock(SessionId("k")) is None


async def test_one_call_does_a_bounded_piece(on_disk: SqliteStore) -> None:
    rows = [outgoing(f"{DONE}{n}", outcome="refused") for n in range(cleaning.PIECE + 1)]
    await on_disk.commit([Put(row) for row in rows])
    assert await on_disk.clean(NOW + WEEK) == cleaning.PIECE
    assert await on_disk.clean(NOW + WEEK) == 1
