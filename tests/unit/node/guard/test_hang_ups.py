"""Peers that end session after session."""

import msgspec

from agentmesh.node.guard.hang_ups import ENDS_SESSIONS, MINUTE, MOST_KNOCKS
from agentmesh.node.notices import Notice
from agentmesh.policy.document import SessionLimits
from agentmesh.session.events import Lost
from tests.support.node import OPEN_DOOR
from tests.support.node_pair import Pair


async def lose_sessions(pair: Pair) -> None:
    """Have `high` end whatever session `low` has with it."""
    for row in await pair.low.store.sessions():
        if row.phase == "open":
            await pair.low.talks.handle(pair.high.amid, row.session_id, Lost())
    await pair.settle()


async def test_a_peer_that_ends_session_after_session_is_let_be_for_a_while(pair: Pair) -> None:
    pair.wire.loses = lambda frame: frame.message_type == "message"
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    for _ in range(2 * MOST_KNOCKS):
        await lose_sessions(pair)
    assert pair.wire.types().count("knock") == 1 + MOST_KNOCKS
    assert await pair.low.fate_of(said) == ("queued", ENDS_SESSIONS)
    pair.wire.loses = lambda _: False
    await pair.later(MINUTE)
    assert await pair.high.texts() == ["hello"]


async def test_a_peer_that_takes_a_message_a_session_is_knocked_at_no_more_often(
    pair: Pair,
) -> None:
    pair.high.policy = msgspec.structs.replace(
        OPEN_DOOR, session_limits=SessionLimits(max_messages=1)
    )
    texts = [str(number) for number in range(2 * MOST_KNOCKS)]
    for text in texts:
        await pair.low.say(pair.high, text)
    await pair.settle()
    assert MOST_KNOCKS < pair.wire.types().count("knock") < MOST_KNOCKS + 3
    await pair.later(MINUTE)
    assert sorted(await pair.high.texts()) == sorted(texts)


async def test_a_peer_that_ends_what_it_began_itself_is_knocked_at_all_the_same(pair: Pair) -> None:
    ended = Notice(
        kind="session_closed", peer=pair.high.amid, fields={"by_peer": True, "reason": "completed"}
    )
    pair.low.hand.bulletin.publish(*[ended] * (2 * MOST_KNOCKS))
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.texts() == ["hello"]
