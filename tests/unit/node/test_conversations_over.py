"""What is started over stands in no session behind words that were said later."""

from collections import defaultdict

from msgspec.structs import replace

from agentmesh.protocol.relay_frames import Send
from tests.support.node import Node
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
    for text in "123":
        for row in await node.inbox_of(text):
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
