"""What a peer says is taken as far as it was granted, and counted."""

import asyncio

import pytest

from agentmesh.messages.body import Body
from agentmesh.policy.grants import FILE_IN, TEXT
from tests.support.node import CHAT
from tests.support.node_pair import Pair

REQUEST = Body("request", b'{"intent": "translate", "parameters": {}}')


async def befriend(pair: Pair) -> None:
    await pair.high.peers.trust(pair.low.amid, 1)


async def test_without_text_nothing_a_contact_says_is_shown_or_confirmed(pair: Pair) -> None:
    await befriend(pair)
    await pair.low.say(pair.high, "one")
    await pair.settle()
    grants = pair.high.consent.grants
    await grants.revoke(pair.low.amid, TEXT)
    said = await pair.low.say(pair.high, "two")
    await pair.settle()
    assert await pair.high.texts() == ["one"]
    assert (await pair.low.fate_of(said))[0] == "queued"
    await grants.give(pair.low.amid, TEXT)
    await pair.later(60)
    assert await pair.high.texts() == ["one", "two"]
    assert (await pair.low.fate_of(said))[0] == "delivered"


async def test_so_many_uses_are_so_many_messages(pair: Pair) -> None:
    await befriend(pair)
    grants = pair.high.consent.grants
    await grants.give(pair.low.amid, TEXT, uses=3)
    for number in range(5):
        await pair.low.say(pair.high, str(number))
        await pair.settle()
    assert await pair.high.texts() == ["0", "1", "2"]
    ((_, grant),) = await grants.all(pair.low.amid)
    assert grant.uses_left == 0
    await pair.later(7200)
    assert len(await pair.high.texts()) == 3


async def test_a_message_that_comes_twice_is_one_use(pair: Pair) -> None:
    await befriend(pair)
    await pair.high.consent.grants.give(pair.low.amid, TEXT, uses=2)
    await pair.low.say(pair.high, "one")
    await pair.settle()
    for sender, frame in list(pair.wire.carried):
        pair.wire.bring(sender, frame)
    await pair.settle()
    ((_, grant),) = await pair.high.consent.grants.all()
    assert grant.uses_left == 1


async def test_a_grant_ends_with_its_time(pair: Pair) -> None:
    await befriend(pair)
    until = pair.clock.now() + 60
    await pair.high.consent.grants.give(pair.low.amid, TEXT, until=until)
    await pair.low.say(pair.high, "one")
    await pair.settle()
    await pair.later(61)
    await pair.low.say(pair.high, "two")
    await pair.settle()
    assert await pair.high.texts() == ["one"]


async def test_a_task_has_a_grant_of_its_own(pair: Pair) -> None:
    await befriend(pair)
    grants = pair.high.consent.grants
    await grants.give(pair.low.amid, TEXT, uses=1)
    await grants.give(pair.low.amid, "task:translate", uses=2)
    for _ in range(3):
        await pair.low.outbox.say(pair.high.amid, [REQUEST], CHAT)
        await pair.settle()
    rows = await pair.high.store.newest(None, 10)
    assert [row.type for row in rows] == ["request", "request"]
    left = {grant.kind: grant.uses_left for _, grant in await grants.all()}
    assert left == {TEXT: 1, "task:translate": 0}


async def test_taken_uses_are_counted_one_by_one(pair: Pair) -> None:
    await befriend(pair)
    grants = pair.high.consent.grants
    await grants.give(pair.low.amid, FILE_IN, uses=7)
    verdicts = await asyncio.gather(*(grants.take(pair.low.amid, FILE_IN) for _ in range(40)))
    assert [it.decision for it in verdicts].count("allow") == 7
    assert {it.reason for it in verdicts} == {"", "grant_used_up"}
    assert (await grants.take(pair.low.amid, "file-out")).decision == "ask_owner"


@pytest.mark.parametrize("kind", [TEXT, FILE_IN])
async def test_nobody_has_the_grant_of_another(pair: Pair, kind: str) -> None:
    await befriend(pair)
    await pair.high.consent.grants.revoke(pair.low.amid, kind)
    stranger = await pair.high.consent.grants.take(pair.high.amid, kind)
    assert stranger.reason != "grant_revoked"
