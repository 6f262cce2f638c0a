"""Both knock at once; sessions end and are started over."""

import pytest

from agentmesh.node import doorway
from agentmesh.node.runners import PATIENCE
from agentmesh.node.turn import Turn, Wish
from agentmesh.policy.document import Policy
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.relay_frames import Send
from agentmesh.session.events import Close
from tests.support.node import CHAT, Node
from tests.support.node_pair import Pair

DEAL = Wish(intent=Intent(category="commerce"), request=SessionRequest())


async def _both_knock(pair: Pair, wish: Wish = CHAT) -> None:
    """Let both knock before either hears the other."""
    pair.wire.is_up = False
    await pair.low.say(pair.high, "from low", wish)
    await pair.high.say(pair.low, "from high", wish)
    await pair.settle()
    for node in (pair.low, pair.high):
        assert (await node.phases()).count("knocking") == 1
    await pair.reconnect()


async def _open_sessions(node: Node) -> list[tuple[bool, str]]:
    return [(row.ours, row.phase) for row in await node.store.sessions() if row.phase == "open"]


async def test_of_two_knocks_that_cross_the_smaller_amids_wins(pair: Pair) -> None:
    await _both_knock(pair)
    assert await _open_sessions(pair.low) == [(True, "open")]
    assert await _open_sessions(pair.high) == [(False, "open")]
    assert await pair.high.texts() == ["from low"]
    assert await pair.low.texts() == ["from high"]


async def test_knocks_that_gave_way_to_a_talk_do_not_hold_up_the_next_one(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorway, "MAX_VAIN_KNOCKS", 2)
    for number in range(5):
        wish = Wish(intent=Intent(category=f"kind-{number}"), request=SessionRequest())
        await _both_knock(pair, wish)
    assert await pair.low.texts() == ["from high"] * 5
    assert await pair.high.texts() == ["from low"] * 5
    assert not pair.low.incoming.faults["too_many_knocks"]


async def test_whoever_asks_the_owner_lets_in_whom_it_asked_itself(pair: Pair) -> None:
    pair.low.policy = pair.high.policy = Policy()
    await _both_knock(pair)
    assert await pair.high.texts() == ["from low"]
    assert await pair.low.texts() == ["from high"]


async def test_the_losers_knock_is_decided_when_the_winner_is_refused(pair: Pair) -> None:
    pair.high.policy = Policy(consent="policy", rejected_intents=frozenset({"communication"}))
    await _both_knock(pair)
    assert await pair.low.texts() == ["from high"]
    assert await _open_sessions(pair.low) == [(False, "open")]


async def test_the_losers_knock_is_kept_while_the_winner_is_undecided(pair: Pair) -> None:
    pair.wire.loses = lambda frame: frame.to == pair.high.amid
    await _both_knock(pair)
    assert await pair.low.phases() == ["knocked", "knocking"]
    pair.wire.loses = lambda _: False
    await pair.later(120)
    assert await pair.high.texts() == ["from low"]
    assert await pair.low.texts() == ["from high"]


async def test_what_a_closed_session_did_not_take_is_said_in_another(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.wire.is_up = False
    await pair.low.say(pair.high, "unheard")
    await pair.high.talks.handle(pair.low.amid, said.session_id, Close("completed"))
    await pair.settle()
    pair.wire.loses = lambda frame: frame.to == pair.high.amid
    await pair.reconnect()
    pair.wire.loses = lambda _: False
    await pair.later(300)
    await pair.later(300)
    assert await pair.high.texts() == ["hello", "unheard"]
    assert await pair.low.phases() == ["open", "resting"]


async def test_a_message_said_in_two_sessions_is_heard_once(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.wire.loses = lambda frame: frame.message_type == "receipt"
    late = await pair.low.say(pair.high, "once only")
    await pair.settle()
    assert await pair.high.texts() == ["hello", "once only"]
    await pair.high.talks.handle(pair.low.amid, said.session_id, Close("completed"))
    pair.wire.loses = lambda _: False
    await pair.settle()
    await pair.later(120)
    assert await pair.high.texts() == ["hello", "once only"]
    assert (await pair.low.fate_of(late))[0] == "delivered"


async def test_a_session_one_side_lost_is_begun_anew_and_nothing_is_missing(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.low.say(pair.high, "other", DEAL)
    await pair.settle()
    (first,) = [r for r in await pair.high.store.sessions() if r.category == "communication"]
    pair.high.store._shelves.sessions.pop(first.session_id)
    pair.high.talks._lanes.clear()
    said = await pair.low.say(pair.high, "are you there?")
    await pair.settle()
    await pair.later(60)
    assert sorted(await pair.high.texts()) == ["are you there?", "hello", "other"]
    assert (await pair.low.fate_of(said))[0] == "delivered"
    assert await pair.low.phases() == ["ended", "open", "open"]


async def test_a_word_of_loss_from_somebody_else_ends_nothing(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello")
    await pair.low.say(pair.high, "other", DEAL)
    await pair.settle()
    lost: list[Send] = []
    pair.wire.loses = lambda frame: bool(lost.append(frame)) or True
    await pair.low.talks.run(
        pair.high.amid, lambda turn: _say_lost(pair.low, turn, said.session_id)
    )
    await pair.settle()
    (frame,) = [each for each in lost if each.message_type == "reject"]
    pair.wire.bring(Amid("nobody"), frame)
    await pair.settle()
    assert await pair.high.phases() == ["open", "open"]
    assert pair.high.incoming.faults["invalid_signature"] == 1


async def _say_lost(node: Node, turn: Turn, session_id: SessionId) -> None:
    node.incoming._say_lost(turn, session_id)


async def test_who_let_in_a_knock_that_was_given_up_is_told_and_says_its_words_elsewhere(
    pair: Pair,
) -> None:
    pair.wire.loses = lambda frame: frame.message_type == "accept"
    given_up = await pair.low.say(pair.high, "never mind")
    await pair.settle()
    await pair.low.talks.handle(pair.high.amid, given_up.session_id, Close("killed_by_owner"))
    said = await pair.high.say(pair.low, "welcome")
    assert said.session_id == given_up.session_id
    await pair.settle()
    pair.wire.loses = lambda _: False
    await pair.reconnect()
    assert await pair.low.texts() == ["welcome"]
    assert await pair.low.fate_of(given_up) == ("undeliverable", "killed_by_owner")
    assert await pair.high.phases() == ["ended", "open"]
    assert await pair.high.store.errands() == []


async def test_a_knock_that_gave_way_to_one_that_was_given_up_is_not_forgotten(pair: Pair) -> None:
    pair.high.policy = Policy(consent="ask")
    given_up = await pair.low.say(pair.high, "never mind")
    await pair.settle()
    await pair.low.talks.handle(pair.high.amid, given_up.session_id, Close("killed_by_owner"))
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    await pair.high.gatekeeper.approve(given_up.session_id)
    await pair.settle()
    await pair.later(PATIENCE)
    await pair.later(PATIENCE)
    assert await pair.high.texts() == ["hello"]
    assert (await pair.low.fate_of(said))[0] == "delivered"


async def test_a_good_bye_before_the_first_word_is_heard(pair: Pair) -> None:
    pair.wire.loses = lambda frame: frame.message_type == "accept"
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    await pair.high.talks.handle(pair.low.amid, said.session_id, Close("killed_by_owner"))
    pair.wire.loses = lambda _: False
    await pair.reconnect()
    later = await pair.low.say(pair.high, "still there?")
    await pair.settle()
    assert said.session_id != later.session_id
    assert (await pair.low.phases(), await pair.high.phases()) == (["ended", "open"],) * 2
    assert await pair.low.store.errands() == []
