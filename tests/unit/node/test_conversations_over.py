"""What is started over stands in no session behind words that were said later."""

from collections import defaultdict

import pytest
from msgspec.structs import replace

from agentmesh.messages.body import Body
from agentmesh.messages.strict_json import read_json, write_json
from agentmesh.node.inbox import Wanted, envelope_of
from agentmesh.policy.document import SessionLimits
from agentmesh.protocol.relay_frames import Send
from tests.support.node import CHAT, OPEN_DOOR, Node
from tests.support.node_pair import Pair

A_DAY = 25 * 3600.0


async def _two_said_a_day_apart(pair: Pair) -> None:
    """Let the second word be on its way in a session that the peer ended, the third behind it."""
    await pair.low.say(pair.high, "1")
    await pair.settle()
    pair.wire.is_up = False
    await pair.low.say(pair.high, "2")
    await pair.later(A_DAY)
    await pair.high.steward.look_round()
    await pair.low.say(pair.high, "3")
    await pair.settle()


async def _heard(node: Node) -> list[list[str]]:
    """Return what was heard, session by session."""
    sessions = defaultdict(list)
    for row in await node.inbox.list(Wanted(limit=100)):
        text = str(read_json(envelope_of(row).payload))
        sessions[row.session_id].append((row.sequence, text))
    return sorted([text for _, text in sorted(said)] for said in sessions.values())


async def test_what_comes_late_stands_behind_nothing_that_was_said_later(pair: Pair) -> None:
    await _two_said_a_day_apart(pair)
    pair.wire.loses = lambda frame: _is_said_to(pair.low, frame)
    await pair.reconnect()
    assert await _heard(pair.high) == [["1"], ["3"]]
    pair.wire.loses = lambda _: False
    await pair.reconnect()
    await pair.later(60)
    assert await _heard(pair.high) == [["1"], ["2"], ["3"]]


def _is_said_to(node: Node, frame: Send) -> bool:
    return frame.to == node.amid and frame.message_type == "message"


async def test_what_travels_with_a_knock_is_said_already(pair: Pair) -> None:
    pair.low.policy = replace(pair.low.policy, allowlist=frozenset({pair.high.amid}))
    await _two_said_a_day_apart(pair)
    yes: list[Send] = []

    def loses(frame: Send) -> bool:
        """Lose the peer's yes to the third word's KNOCK, and the second word's KNOCK behind it."""
        yes.extend([frame] if frame.message_type == "accept" else [])
        return bool(yes) and frame.message_type in {"accept", "knock"}

    pair.wire.loses = loses
    await pair.reconnect()
    pair.wire.loses = lambda _: False
    pair.wire.bring(pair.high.amid, yes[0])
    await pair.settle()
    await pair.later(60)
    assert await _heard(pair.high) == [["1"], ["2"], ["3"]]


async def test_what_is_started_over_as_another_session_opens_comes_first_there(pair: Pair) -> None:
    await _two_said_a_day_apart(pair)
    kept: list[Send] = []
    pair.wire.loses = lambda frame: frame.to == pair.low.amid and not kept.append(frame)
    await pair.reconnect()
    pair.wire.loses = lambda _: False
    good_bye_first = sorted(kept, key=lambda frame: frame.message_type, reverse=True)
    pair.wire.bring(pair.high.amid, *good_bye_first)
    await pair.settle()
    await pair.later(60)
    assert await _heard(pair.high) == [["1"], ["2", "3"]]


async def test_what_is_started_over_before_anything_was_said_comes_first(pair: Pair) -> None:
    await _two_said_a_day_apart(pair)
    pair.wire.loses = lambda frame: frame.message_type == "accept"
    await pair.reconnect()
    pair.wire.loses = lambda _: False
    await pair.reconnect()
    await pair.later(60)
    assert await _heard(pair.high) == [["1"], ["2", "3"]]


async def _both_say_more_than_was_agreed(pair: Pair) -> None:
    """Let both part at once from a session for three words each; the next one has no bound."""
    limits = SessionLimits(max_messages=3)
    pair.high.policy = replace(OPEN_DOOR, session_limits=limits)
    await pair.low.say(pair.high, "0")
    await pair.settle()
    pair.high.policy = OPEN_DOOR
    pair.wire.is_up = False
    for us, them in ((pair.low, pair.high), (pair.high, pair.low)):
        await us.outbox.say(them.amid, [Body("text", write_json(text)) for text in "12345"], CHAT)
    await pair.settle()


async def test_what_crosses_two_good_byes_of_a_full_session_comes_once_and_in_order(
    pair: Pair,
) -> None:
    await _both_say_more_than_was_agreed(pair)
    await pair.reconnect()
    await pair.later(60)
    for node, first in ((pair.low, []), (pair.high, ["0"])):
        heard = await _heard(node)
        assert sorted(text for said in heard for text in said) == [*first, *"12345"]
        assert all(said == sorted(said) for said in heard)


@pytest.mark.parametrize("first", ["accept", "receipt"])
async def test_what_was_said_in_one_call_stays_in_order_where_its_sessions_meet(
    pair: Pair, first: str
) -> None:
    await _both_say_more_than_was_agreed(pair)
    kept: list[Send] = []
    pair.wire.loses = lambda frame: frame.to == pair.low.amid and not kept.append(frame)
    await pair.reconnect()
    pair.wire.loses = lambda _: False
    kept.sort(key=lambda frame: frame.message_type, reverse=first != "accept")
    pair.wire.bring(pair.high.amid, *kept)
    await pair.settle()
    await pair.reconnect()
    await pair.later(60)
    assert await _heard(pair.high) == (
        [["0"], ["1", "2"], ["3", "4", "5"]] if first == "accept" else [["0"], [*"12345"]]
    )
