"""Ending everything with a peer, so that nothing of it is said later."""

from agentmesh.node.guard.silencing import NEVER_SAID, silence
from tests.support.node_pair import Pair


async def test_what_was_confirmed_stays_and_the_rest_is_never_said(pair: Pair) -> None:
    heard = await pair.low.say(pair.high, "heard")
    await pair.settle()
    pair.wire.is_up = False
    lost = [await pair.low.say(pair.high, f"lost {number}") for number in range(3)]
    await pair.settle()
    assert await pair.low.talks.run(pair.high.amid, silence(pair.low.store)) == 1
    assert [await pair.low.fate_of(it) for it in (heard, *lost)] == [
        ("delivered", ""),
        *[("undeliverable", NEVER_SAID)] * 3,
    ]
    await pair.reconnect()
    await pair.later(60)
    assert await pair.high.texts() == ["heard"]
    assert await pair.high.phases() == ["ended"]


async def test_doing_it_twice_ends_nothing_more(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.wire.is_up = False
    assert await pair.low.talks.run(pair.high.amid, silence(pair.low.store)) == 1
    assert await pair.low.talks.run(pair.high.amid, silence(pair.low.store)) == 0


async def test_a_responder_that_has_not_been_spoken_to_can_say_good_bye_later(pair: Pair) -> None:
    pair.wire.loses = lambda frame: frame.message_type == "message"
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.phases() == ["open"]
    assert await pair.high.talks.run(pair.low.amid, silence(pair.high.store)) == 1
    pair.wire.loses = lambda _: False
    await pair.later(120)
    assert await pair.low.phases() == ["ended"]
