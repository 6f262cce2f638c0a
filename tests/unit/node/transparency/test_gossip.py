"""Heads are told inside sessions, and two histories of one log come out."""

import base64

import msgspec

from agentmesh.node.lasting import lasting_session
from agentmesh.node.transparency.gossip import (
    LOG_HEAD,
    MAX_HEAD_LETTERS,
    PATIENCE,
    TOLD_SECONDS,
    Gossip,
    HeadNote,
)
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.transparency import RECORD
from tests.support.fake_log import FakeLog
from tests.support.registrant import Registrant
from tests.unit.node.transparency.watched import Watched, watched

ALICE, BOB = Registrant("alice"), Registrant("bob")


async def meet(it: Watched) -> None:
    """Open a session in which both have spoken."""
    await it.node.say(it.pair.high, "hello")
    await it.pair.settle()
    await it.pair.high.say(it.node, "hello")
    await it.pair.settle()


async def hear(it: Watched, head: Signed) -> None:
    """Let the peer's daemon tell a head, and look."""
    high = it.pair.high
    wish = await lasting_session(high.hand, high.talks, it.node.amid)
    assert wish is not None
    packed = base64.b64encode(msgspec.msgpack.encode(head)).decode()
    note = msgspec.json.encode(HeadNote(head=packed))
    await high.house_mail.post(it.node.amid, LOG_HEAD, note, wish)
    await it.pair.settle()
    await it.gossip.exchange()


async def test_both_sides_tell_their_heads_and_no_agent_notices() -> None:
    async with watched() as it:
        it.log.add(RECORD, ALICE.amid, ALICE.record())
        high = it.pair.high
        theirs = Gossip(high.hand, high.talks, high.house_mail, it.log.follower())
        high.house_mail.employ(theirs.takers())
        await it.watch.look()
        await theirs.log.follow()
        await meet(it)
        before = len(it.pair.wire.carried)
        await it.gossip.exchange()
        await it.pair.settle()
        assert list(theirs._heard) == [it.node.amid]
        await theirs.exchange()
        assert theirs._heard == {}
        assert await high.texts() == ["hello"]
        await it.pair.settle()
        told = len(it.pair.wire.carried)
        assert told > before
        await it.gossip.exchange()
        await it.pair.settle()
        assert len(it.pair.wire.carried) == told, "once an hour"
        assert TOLD_SECONDS == 3600
        assert it.alarms() == []


async def test_an_older_and_a_newer_head_of_the_same_log_are_fine() -> None:
    async with watched() as it:
        it.log.add(RECORD, ALICE.amid, ALICE.record())
        old = it.log.head()
        it.log.add(RECORD, BOB.amid, BOB.record())
        await it.watch.look()
        it.log.add(RECORD, ALICE.amid, ALICE.record(2))
        await meet(it)
        for head in (old, it.log.head()):
            await hear(it, head)
        assert it.alarms() == []


async def test_another_history_is_evidence_against_the_registry() -> None:
    async with watched() as it:
        it.log.add(RECORD, ALICE.amid, ALICE.record())
        await it.watch.look()
        await meet(it)
        other = FakeLog(it.pair.clock)
        other.add(RECORD, BOB.amid, BOB.record())
        await hear(it, other.head())
        assert it.alarms() == ["log_forked"]
        book = it.watch.log.book
        assert book is not None
        assert other.head() in book.heads


async def test_a_log_that_is_longer_for_others_is_evidence() -> None:
    async with watched() as it:
        it.log.add(RECORD, ALICE.amid, ALICE.record())
        await it.watch.look()
        await meet(it)
        other = FakeLog(it.pair.clock)
        other.entries = list(it.log.entries)
        other.add(RECORD, BOB.amid, BOB.record())
        await hear(it, other.head())
        assert it.alarms() == ["log_forked"]


async def test_a_peer_makes_no_evidence_up() -> None:
    async with watched() as it:
        it.log.add(RECORD, ALICE.amid, ALICE.record())
        await it.watch.look()
        await meet(it)
        made_up = FakeLog(it.pair.clock, b"m" * 32)
        made_up.add(RECORD, BOB.amid, BOB.record())
        await hear(it, made_up.head())
        await hear(it, msgspec.structs.replace(it.log.head(), payload=made_up.head().payload))
        await hear(it, ALICE.record())
        assert it.alarms() == []
        assert it.watch.log.book is not None
        assert it.watch.log.book.fault == ""


async def test_what_was_heard_waits_for_a_registry_that_is_away() -> None:
    async with watched() as it:
        it.log.add(RECORD, ALICE.amid, ALICE.record())
        await it.watch.look()
        await meet(it)
        it.log.add(RECORD, BOB.amid, BOB.record())
        it.log.is_down = True
        await hear(it, it.log.head())
        assert list(it.gossip._heard) == [it.pair.high.amid]
        it.log.is_down = False
        await it.gossip.exchange()
        assert it.gossip._heard == {}
        assert it.alarms() == []


async def test_what_a_peers_head_made_us_ask_for_is_still_news_to_the_watch() -> None:
    async with watched() as it:
        it.log.add(RECORD, ALICE.amid, ALICE.record())
        await it.watch.look()
        await meet(it)
        it.log.add(RECORD, it.node.amid, ALICE.record())  # somebody has our key
        await hear(it, it.log.head())
        await it.watch.look()
        assert it.alarms() == ["own_entry_foreign"]


async def test_a_registry_that_is_silent_where_histories_part_is_told_of() -> None:
    async with watched() as it:
        it.log.add(RECORD, ALICE.amid, ALICE.record())
        await it.watch.look()
        await meet(it)
        other = FakeLog(it.pair.clock)
        other.entries = list(it.log.entries)
        other.add(RECORD, BOB.amid, BOB.record())
        it.log.add(RECORD, ALICE.amid, ALICE.record(2))
        it.log.add(RECORD, ALICE.amid, ALICE.record(3))
        it.log.silent_on = "/v1/log/consistency"
        before = len(it.pair.wire.carried)
        await hear(it, other.head())
        await it.pair.settle()
        assert len(it.pair.wire.carried) > before, "our own head is told all the same"
        assert it.alarms() == []
        for _ in range(PATIENCE):
            await it.gossip.exchange()
        assert it.alarms() == ["log_withheld"]
        assert it.gossip._heard == {}


async def test_a_head_of_no_size_a_head_has_is_not_kept() -> None:
    async with watched() as it:
        await meet(it)
        large = msgspec.structs.replace(it.log.head(), payload=bytes(MAX_HEAD_LETTERS))
        await hear(it, large)
        assert it.gossip._heard == {}
