"""What the agent says, and what becomes of it."""

import asyncio
from dataclasses import replace

import pytest

from agentmesh.errors import Refused, UsageError
from agentmesh.messages.body import Body
from agentmesh.node.inbox import Wanted
from agentmesh.node.notices import MAX_WAITING_NOTICES, Notice
from agentmesh.policy.document import Policy
from agentmesh.protocol.ids import Amid, MessageId
from agentmesh.session.events import Close
from agentmesh.storage.interface import Counts, Settle
from tests.support.node import CHAT
from tests.support.node_pair import Pair
from tests.support.world import FakeClock


async def test_nobody_talks_to_itself(pair: Pair) -> None:
    with pytest.raises(UsageError) as caught:
        await pair.low.say(pair.low, "hello")
    assert caught.value.code == "peer_is_ourselves"


async def test_nothing_is_said_to_a_blocked_peer_or_while_all_is_stopped(pair: Pair) -> None:
    pair.low.policy = Policy(blocklist=frozenset({pair.high.amid}))
    with pytest.raises(Refused) as caught:
        await pair.low.say(pair.high, "hello")
    assert caught.value.code == "blocked"
    pair.low.policy = Policy()
    pair.low.hand.switches.shut_down = True
    with pytest.raises(Refused) as caught:
        await pair.low.say(pair.high, "hello")
    assert caught.value.code == "stopped"


async def test_what_is_kept_is_told_of_though_its_program_hung_up(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    saying = asyncio.create_task(pair.low.say(pair.high, "and good-bye"))
    await asyncio.sleep(0)
    assert pair.low.talks._lane(pair.high.amid).waiting
    saying.cancel()
    await pair.settle()
    assert await pair.high.texts() == ["hello", "and good-bye"]
    assert pair.low.kinds().count("message_sent") == 2


async def test_the_outbox_is_not_counted_for_each_of_many_lists(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, counted = pair.low.store.counts, []

    async def counting() -> Counts:
        counted.append(await counts())
        return counted[-1]

    monkeypatch.setattr(pair.low.store, "counts", counting)
    for _ in range(3):
        await pair.low.outbox.say(pair.high.amid, [Body("text", b'"hello"')] * 256, CHAT)
    assert len(counted) == 1


class Hurrying(FakeClock):
    """Goes on whenever somebody looks at it."""

    def now(self) -> float:
        self.advance(1)
        return super().now()


async def test_what_is_said_at_once_is_of_one_moment(pair: Pair) -> None:
    rack = pair.low.hand.keys
    rack.ring = replace(rack.ring, clock=Hurrying())
    bodies = [Body("text", b'"one"'), Body("text", b'"two"')]
    said = await pair.low.outbox.say(pair.high.amid, bodies, CHAT)
    rows = [await pair.low.store.outgoing(it.message_id) for it in said]
    assert rows[0].created_at == rows[1].created_at


async def test_the_fate_of_an_unknown_message_is_unknown(pair: Pair) -> None:
    with pytest.raises(UsageError) as caught:
        await pair.low.outbox.fate(pair.high.amid, MessageId("none"))
    assert caught.value.code == "unknown_message"


async def test_waiting_ends_with_the_delivery(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello")
    fate = await pair.low.outbox.wait(pair.high.amid, said, 5, for_reply=False)
    assert (fate.outcome, fate.timed_out) == ("delivered", False)


async def test_who_waits_hears_of_its_peer_however_many_others_have_news(pair: Pair) -> None:
    pair.high.policy = Policy()
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    waiting = asyncio.ensure_future(pair.low.outbox.wait(pair.high.amid, said, 1, for_reply=False))
    await pair.settle()
    await pair.low.store.commit([Settle((said.message_id,), "delivered")])
    news = Notice(kind="session_receipt", peer=pair.high.amid)
    others = [Notice(kind="message_received", peer=Amid("other"))] * (MAX_WAITING_NOTICES + 1)
    pair.low.hand.bulletin.publish(news, *others)
    assert not (await waiting).timed_out


async def test_waiting_for_a_reply_ends_with_it(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "question")
    await pair.settle()
    (row,) = await pair.high.inbox.list(Wanted())
    wish = await pair.high.outbox.wish_to_answer(row)
    assert wish.session_id == said.session_id
    await pair.high.outbox.say(pair.low.amid, [Body("text", b'"answer"')], wish, said.message_id)
    fate = await pair.low.outbox.wait(pair.high.amid, said, 5, for_reply=True)
    assert fate.reply is not None
    assert fate.reply.peer == pair.high.amid
    assert fate.outcome == "consumed", "no receipt said so, but who answers has read"


async def test_a_wait_that_is_over_says_what_is_known(pair: Pair) -> None:
    pair.high.policy = Policy()
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    fate = await pair.low.outbox.wait(pair.high.amid, said, 0, for_reply=False)
    assert (fate.outcome, fate.reason, fate.timed_out) == ("queued", "awaiting_peer", True)
    fate = await pair.low.outbox.wait(pair.high.amid, said, 0.01, for_reply=False)
    assert fate.timed_out


async def test_a_refused_message_ends_every_wait(pair: Pair) -> None:
    pair.high.policy = Policy(consent="policy", rejected_intents=frozenset({"communication"}))
    said = await pair.low.say(pair.high, "hello")
    fate = await pair.low.outbox.wait(pair.high.amid, said, 5, for_reply=True)
    assert (fate.outcome, fate.reason) == ("refused", "intent_not_accepted")


async def test_an_answer_to_an_ended_session_begins_another_like_it(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    (row,) = await pair.high.inbox.list(Wanted())
    await pair.low.talks.handle(pair.high.amid, said.session_id, Close("completed"))
    await pair.settle()
    wish = await pair.high.outbox.wish_to_answer(row)
    assert (wish.session_id, wish.intent, wish.note) == (None, CHAT.intent, "")


async def test_an_answer_to_an_erased_session_begins_a_plain_one(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    (row,) = await pair.high.inbox.list(Wanted())
    pair.high.store._shelves.sessions.clear()
    pair.high.talks._lanes.clear()
    assert (await pair.high.outbox.wish_to_answer(row)).intent.category == "communication"
