"""What the steward lets go of."""

import pytest
from msgspec.structs import replace

from agentmesh.errors import StorageError
from agentmesh.node import steward
from agentmesh.node.notices import Notice
from agentmesh.node.steward import LOOK_SECONDS, SHORTEST_PAUSE
from agentmesh.node.turn import Wish
from agentmesh.policy.document import Policy
from agentmesh.protocol.frames import SessionRequest
from agentmesh.protocol.limits import MAILBOX_SECONDS, SESSION_ERASE_SECONDS
from agentmesh.session.states import Open
from tests.support.node import CHAT, Node
from tests.support.node_pair import Pair
from tests.support.patience import until

LONG = Wish(intent=CHAT.intent, request=SessionRequest(ttl_seconds=30 * 86400))


async def _open(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello", LONG)
    await pair.settle()


async def test_a_message_that_expired_leaves_no_gap_for_ever(pair: Pair) -> None:
    await _open(pair)
    pair.wire.loses = lambda frame: frame.message_type == "message"
    lost = await pair.low.say(pair.high, "never heard")
    await pair.settle()
    pair.clock.jump(MAILBOX_SECONDS + 1)
    pair.wire.loses = lambda _: False
    later = await pair.low.say(pair.high, "heard", replace(LONG, session_id=lost.session_id))
    await pair.settle()
    assert await pair.high.texts() == ["hello"]
    await pair.low.steward.look_round()
    await pair.settle()
    assert await pair.high.texts() == ["hello", "heard"]
    assert await pair.low.fate_of(lost) == ("undeliverable", "expired")
    assert (await pair.low.fate_of(later))[0] == "delivered"
    assert await pair.low.store.errands() == []


@pytest.mark.parametrize("hours", [12, 25, 60])
async def test_who_is_away_over_the_weekend_gets_what_was_said_on_friday(
    pair: Pair, hours: int
) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.wire.is_up = False
    said = await pair.low.say(pair.high, "have a nice weekend")
    await pair.later(hours * 3600)
    for node in (pair.low, pair.high):  # both look round before anything comes
        await node.steward.look_round()
    await pair.reconnect()
    assert await pair.high.texts() == ["hello", "have a nice weekend"]
    assert (await pair.low.fate_of(said))[0] == "delivered"


async def test_first_words_that_expired_do_not_take_the_opening_with_them(pair: Pair) -> None:
    pair.wire.loses = lambda frame: frame.message_type == "message"
    await pair.low.say(pair.high, "never heard", LONG)
    await pair.settle()
    pair.clock.jump(MAILBOX_SECONDS + 1)
    pair.wire.loses = lambda _: False
    await pair.low.steward.look_round()
    await pair.settle()
    again = await pair.low.say(pair.high, "heard")
    await pair.settle()
    assert await pair.high.texts() == ["heard"]
    assert (await pair.low.fate_of(again))[0] == "delivered"
    receipts = [await _state(node) for node in (pair.low, pair.high)]
    assert receipts[0].our_stub == receipts[1].peer_stub


async def _state(node: Node) -> Open:
    for row in await node.store.sessions():
        talk = await node.talks.look(row.peer, row.session_id)
        if talk is not None and isinstance(talk.state, Open):
            return talk.state
    raise AssertionError("nothing is open")


async def test_more_expired_messages_than_a_parcel_holds_are_all_buried(pair: Pair) -> None:
    await _open(pair)
    pair.wire.loses = lambda frame: frame.message_type == "message"
    for number in range(150):
        await pair.low.say(pair.high, str(number))
    await pair.settle()
    pair.clock.jump(MAILBOX_SECONDS + 1)
    pair.wire.loses = lambda _: False
    await pair.low.steward.look_round()
    await pair.low.say(pair.high, "heard")
    await pair.settle()
    assert await pair.high.texts() == ["hello", "heard"]


async def test_a_held_message_expires_without_a_word(pair: Pair) -> None:
    pair.wire.is_up = False
    said = await pair.low.say(pair.high, "never sent")
    await pair.settle()
    pair.clock.jump(MAILBOX_SECONDS + 1)
    await pair.low.steward.look_round()
    await pair.settle()
    assert await pair.low.fate_of(said) == ("undeliverable", "expired")
    assert await pair.low.phases() == ["ended"]


async def test_a_knock_nobody_answers_is_given_up_on_both_sides(pair: Pair) -> None:
    pair.high.policy = Policy()
    await _open(pair)
    pair.clock.jump(MAILBOX_SECONDS + 1)
    for node in (pair.low, pair.high):
        await node.steward.look_round()
    await pair.settle()
    assert await pair.low.phases() == await pair.high.phases() == ["ended"]
    assert (await pair.high.store.knocks(pending=False, limit=1))[0].verdict == "dismissed"


async def test_old_sessions_are_erased_when_it_is_time_to_clean(pair: Pair) -> None:
    await _open(pair)
    await pair.low.steward.look_round()
    pair.clock.jump(30 * 86400 + SESSION_ERASE_SECONDS)
    await pair.low.steward.look_round()
    await pair.settle()
    assert await pair.low.phases() == await pair.high.phases() == ["ended"]
    pair.clock.jump(SESSION_ERASE_SECONDS)
    pair.low.steward._clean_at = 0
    await pair.low.steward.look_round()
    assert await pair.low.store.sessions() == []


async def test_what_a_session_begins_with_leaves_before_anybody_looks_round(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steward, "SHORTEST_PAUSE", 0.01)
    news = pair.low.steward._news
    news.clear()
    pair.low.hand.bulletin.publish(Notice(kind="session_started", peer=pair.high.amid))
    assert not news.is_set()
    await until(news.is_set)


async def test_a_round_that_fails_is_not_the_last(pair: Pair) -> None:
    rounds: list[int] = []

    class Failing:
        async def expired_outgoing(self, now: float) -> None:
            rounds.append(1)
            raise (StorageError("storage_failed") if len(rounds) % 2 else KeyError("oops"))

    steward.LOOK_SECONDS = steward.SHORTEST_PAUSE = 0
    pair.low.steward._hand = pair.low.hand.__class__(**{**vars(pair.low.hand), "store": Failing()})
    try:
        async with pair.low.steward:
            for _ in range(50):
                await pair.settle()
    finally:
        steward.LOOK_SECONDS, steward.SHORTEST_PAUSE = LOOK_SECONDS, SHORTEST_PAUSE
    assert len(rounds) > 2
