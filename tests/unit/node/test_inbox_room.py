"""One peer's unread messages have a bound, and none is lost at it."""

import pytest

from agentmesh.node import inbox_room
from agentmesh.node.inbox import Wanted
from agentmesh.protocol.ids import Amid
from agentmesh.storage.interface import Unread
from tests.support.node_pair import Pair

LONG = "x" * 5000


async def test_unread_messages_of_one_peer_are_bounded_and_none_is_lost(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_room, "MAX_UNREAD_BYTES", 30_000)
    said = []
    for number in range(12):
        said.append(await pair.low.say(pair.high, f"{number}{LONG}"))
        await pair.settle()
    assert pair.high.incoming.faults["inbox_full"]
    assert 0 < sum(await pair.high.store.unread(pair.low.amid)) <= 30_000
    outcomes = [(await pair.low.fate_of(fate))[0] for fate in said]
    assert set(outcomes) == {"delivered", "queued"}
    for _ in range(12):
        for row in await pair.high.inbox.list(Wanted(unread=True)):
            await pair.high.inbox.consume(row.message_id)
        await pair.later(3600)
    assert await pair.high.texts() == [f"{number}{LONG}" for number in range(12)]


async def test_a_full_inbox_of_one_peer_does_not_keep_out_another(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_room, "MAX_UNREAD_BYTES", 8_000)
    await pair.low.say(pair.high, LONG)
    await pair.high.say(pair.low, LONG)
    await pair.settle()
    await pair.low.say(pair.high, LONG)
    await pair.settle()
    assert await pair.high.texts() == [LONG]
    assert await pair.low.texts() == [LONG]


async def test_who_is_at_the_bound_makes_us_count_seldom(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_room, "MAX_UNREAD_BYTES", 8_000)
    counted: list[Amid] = []
    count = pair.high.store.unread

    async def counting(peer: Amid) -> Unread:
        counted.append(peer)
        return Unread(*await count(peer))

    monkeypatch.setattr(pair.high.store, "unread", counting)
    for number in range(9):
        await pair.low.say(pair.high, f"{number}{LONG}")
        await pair.settle()
    assert pair.high.incoming.faults["inbox_full"] >= 7
    assert len(counted) <= 2
