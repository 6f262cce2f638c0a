"""How fast a peer may talk, and when it has to knock again."""

from contextlib import suppress

import pytest

from agentmesh.errors import RemoteProtocolError
from agentmesh.node import turnstile as turnstile_module
from agentmesh.node.turnstile import FLOOD_LEAST, FLOODS, Turnstile
from agentmesh.policy.document import Policy, RateLimit
from agentmesh.protocol.ids import Amid
from tests.support.node import CHAT, Node
from tests.support.node_pair import Pair

FEW = Policy(consent="policy", rate_limit=RateLimit(messages_per_minute=60))


def turnstile(node: Node) -> Turnstile:
    return node.incoming._turnstile


async def test_so_many_messages_a_minute_are_taken_and_more_a_little_later(pair: Pair) -> None:
    pair.low.policy = FEW
    door = turnstile(pair.low)
    door.count(Amid("peer"), 60)
    with pytest.raises(RemoteProtocolError, match="rate_limited"):
        door.count(Amid("peer"), 1)
    door.count(Amid("another"), 1)
    pair.clock.advance(1)
    door.count(Amid("peer"), 1)


async def test_a_parcel_is_taken_whole_and_what_was_too_much_is_owed(pair: Pair) -> None:
    pair.low.policy = FEW
    door = turnstile(pair.low)
    door.count(Amid("peer"), 59)
    door.count(Amid("peer"), 64)
    pair.clock.advance(60)
    with pytest.raises(RemoteProtocolError):
        door.count(Amid("peer"), 1)
    pair.clock.advance(60)
    door.count(Amid("peer"), 1)


async def test_a_daemon_that_writes_to_ours_without_end_is_not_heard_out(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turnstile_module, "LETTERS_A_MINUTE", 3)
    read: list[Amid] = []

    async def take(peer: Amid, *_: object) -> None:
        read.append(peer)

    pair.high.house_mail.employ({"file_done": take})
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    for _ in range(5):
        await pair.low.house_mail.post(pair.high.amid, "file_done", b"{}", CHAT)
        await pair.settle()
    assert len(read) == 3
    assert pair.high.incoming.faults["rate_limited"] >= 2
    await pair.low.say(pair.high, "the agent is heard")
    await pair.settle()
    for _ in range(4):
        await pair.later(60)
    assert len(read) == 5
    assert await pair.high.texts() == ["hello", "the agent is heard"]


async def test_nothing_said_counts_nothing(pair: Pair) -> None:
    pair.low.policy = Policy(rate_limit=RateLimit(messages_per_minute=0))
    turnstile(pair.low).count(Amid("peer"), 0)
    with pytest.raises(RemoteProtocolError):
        turnstile(pair.low).count(Amid("peer"), 1)


async def test_a_flood_is_told_once_a_minute(pair: Pair) -> None:
    pair.low.policy = FEW
    door = turnstile(pair.low)
    pair.clock.advance(120)
    for _ in range(FLOOD_LEAST // 50):
        with suppress(RemoteProtocolError):
            door.count(pair.high.amid, 61)
    assert pair.low.kinds().count(FLOODS) == 1


async def test_what_is_too_much_is_not_confirmed_and_comes_again_later(pair: Pair) -> None:
    pair.high.policy = Policy(consent="policy", rate_limit=RateLimit(messages_per_minute=2))
    words = [str(number) for number in range(6)]
    for word in words:
        await pair.low.say(pair.high, word)
        await pair.settle()
    assert await pair.high.texts() == words[:2]
    assert pair.high.incoming.faults["rate_limited"] > 0
    for _ in range(60):
        await pair.later(60)
    assert await pair.high.texts() == words


async def test_what_is_at_rest_may_be_broken_while_the_door_is_open(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    talk = await pair.high.talks.look(pair.low.amid, said.session_id)
    assert talk is not None
    assert not turnstile(pair.high).may_go_on(pair.low.amid, talk), "it is open, not at rest"
