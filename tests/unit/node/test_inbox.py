"""What came for the agent, once and in order."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import msgspec
import pytest

from agentmesh.errors import StorageError, UsageError
from agentmesh.messages.body import Body
from agentmesh.messages.strict_json import read_json
from agentmesh.node import inbox
from agentmesh.node.inbox import Wanted, envelope_of
from agentmesh.node.notices import Notice
from agentmesh.protocol.ids import Amid, MessageId, SessionId, amid_of
from agentmesh.storage.interface import Change, Deliver, IncomingRow, Release
from tests.support.node import CHAT
from tests.support.node_pair import Pair
from tests.support.stores import incoming


async def _three(pair: Pair) -> None:
    for word in ("one", "two", "three"):
        await pair.low.say(pair.high, word)
    await pair.settle()


def _words(rows: list[IncomingRow]) -> list[object]:
    return [read_json(envelope_of(row).payload) for row in rows]


async def test_messages_are_listed_in_order_after_the_last_one_seen(pair: Pair) -> None:
    await _three(pair)
    rows = await pair.high.inbox.list(Wanted(limit=2, unread=True))
    assert _words(rows) == ["one", "two"]
    rest = await pair.high.inbox.list(Wanted(after=rows[-1].message_id))
    assert _words(rest) == ["three"]
    assert await pair.high.inbox.list(Wanted(peer=Amid("nobody"))) == []


async def test_a_read_message_is_unread_no_more_and_its_sender_knows(pair: Pair) -> None:
    await _three(pair)
    (row, *_) = await pair.high.inbox.list(Wanted())
    read = await pair.high.inbox.consume(row.message_id)
    again = await pair.high.inbox.consume(row.message_id)
    assert read.consumed_at == again.consumed_at == pair.clock.now()
    await pair.settle()
    assert len(await pair.high.inbox.list(Wanted(unread=True))) == 2
    assert (await pair.low.store.outgoing(row.message_id)).outcome == "consumed"


async def test_what_was_read_when_the_power_failed_is_told_to_its_sender(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _three(pair)
    (row, *_) = await pair.high.inbox.list(Wanted())
    commit, commits = pair.high.store.commit, iter([True])

    async def last_commit(changes: Sequence[Change]) -> None:
        if not next(commits, False):
            raise StorageError("storage_failed")
        await commit(changes)

    with monkeypatch.context() as failing, suppress(StorageError):
        failing.setattr(pair.high.store, "commit", last_commit)
        await pair.high.inbox.consume(row.message_id)
    pair.high.talks._lanes.clear()
    await pair.reconnect()
    assert len(await pair.high.inbox.list(Wanted(unread=True))) == 2
    assert (await pair.low.store.outgoing(row.message_id)).outcome == "consumed"


async def test_a_message_of_an_erased_session_can_be_read(pair: Pair) -> None:
    await _three(pair)
    (row, *_) = await pair.high.inbox.list(Wanted())
    pair.high.store._shelves.sessions.clear()
    pair.high.talks._lanes.clear()
    assert (await pair.high.inbox.consume(row.message_id)).consumed_at is not None


async def test_more_messages_than_any_window_can_be_read(pair: Pair) -> None:
    words = [str(number) for number in range(1500)]
    await asyncio.gather(*(pair.low.say(pair.high, word) for word in words))
    await pair.settle()
    rows = await pair.high.inbox.list(Wanted(limit=2000))
    for row in rows[1::100]:
        await pair.high.inbox.consume(row.message_id)
    await pair.settle()
    last = await pair.low.store.outgoing(rows[1401].message_id)
    assert last.outcome == "consumed"


async def test_waiting_ends_with_the_first_message(pair: Pair) -> None:
    waiting = asyncio.ensure_future(pair.high.inbox.list(Wanted(), 5))
    await asyncio.sleep(0)
    pair.high.hand.bulletin.publish(Notice(kind="session_started"))
    await pair.low.say(pair.high, "hello")
    rows = await waiting
    assert _words(rows) == ["hello"]


async def test_who_waits_for_one_peer_looks_once_for_all_that_others_said_together(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, store, looks = pair.high.inbox, pair.high.store, list[str]()
    look = store.inbox
    monkeypatch.setattr(store, "inbox", lambda **wanted: looks.append("") or look(**wanted))
    waiting = asyncio.ensure_future(box.list(Wanted(peer=pair.low.amid), 5))
    await asyncio.sleep(0)
    pair.high.hand.bulletin.publish(*[Notice(kind="message_received", peer=Amid("other"))] * 100)
    await pair.low.say(pair.high, "hello")
    assert _words(await waiting) == ["hello"]
    assert len(looks) <= 3


async def test_a_wait_in_vain_is_over_in_time(pair: Pair) -> None:
    clock, left = pair.clock, [0.01, 0.01]

    async def later() -> None:
        await asyncio.sleep(0)
        clock.advance(1)

    rows, _ = await asyncio.gather(pair.high.inbox.list(Wanted(), left[0]), later())
    assert rows == []


async def test_what_is_not_released_is_not_there_for_the_agent(pair: Pair) -> None:
    await pair.high.store.commit([Deliver(incoming("hidden"))])
    with pytest.raises(UsageError) as caught:
        await pair.high.inbox.one(MessageId("hidden"))
    assert caught.value.code == "unknown_message"


async def test_an_id_that_two_peers_use_means_the_named_one_or_whoever_used_it_first(
    pair: Pair,
) -> None:
    await pair.low.say(pair.high, "one")
    await pair.settle()
    (row,) = await pair.high.inbox.list(Wanted())
    mallory = amid_of(b"m" * 32)
    copied = msgspec.structs.replace(row, peer=mallory, session_id=SessionId("x"), position=None)
    await pair.high.store.commit([Deliver(copied), Release(SessionId("x"), 9)])
    box = pair.high.inbox
    assert (await box.one(row.message_id)).peer == pair.low.amid
    assert (await box.one(row.message_id, pair.low.amid)).peer == pair.low.amid
    assert (await box.consume(row.message_id, mallory)).peer == mallory
    assert [it.peer for it in await box.list(Wanted(unread=True))] == [pair.low.amid]
    assert (await box.one(row.message_id, amid_of(b"n" * 32))).peer == pair.low.amid


async def test_a_reply_is_found_however_many_messages_are_here(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "PAGE", 2)
    await _three(pair)
    asked = MessageId("01234567-0123-7123-8123-0123456789ab")
    assert await pair.high.inbox.answers_to(asked, pair.low.amid) == inbox.NOTHING
    progress = Body("status", b'{"progress":0.5}')
    await pair.low.outbox.say(pair.high.amid, [progress], CHAT, asked)
    await pair.low.outbox.say(pair.high.amid, [Body("text", b'"yes"')], CHAT, asked)
    await pair.settle()
    found = await pair.high.inbox.answers_to(asked, pair.low.amid)
    assert found.reply is not None
    assert _words([found.reply]) == ["yes"]
    assert found.progress is not None
    assert found.progress.type == "status"


async def test_without_a_question_the_newest_are_listed(pair: Pair) -> None:
    for number in range(5):
        await pair.low.say(pair.high, f"word {number}")
    await pair.settle()
    rows = await pair.high.inbox.list(Wanted(limit=2))
    assert [envelope_of(row).payload for row in rows] == [b'"word 3"', b'"word 4"']
