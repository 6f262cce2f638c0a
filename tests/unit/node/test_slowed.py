"""Relays that asked us to slow down."""

import msgspec

from agentmesh.node.slowed import Slowed
from agentmesh.node.turn import Wish
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.relay_frames import Send, Sent
from tests.support.node import RELAY
from tests.support.node_pair import ELSEWHERE, Answer, Pair
from tests.support.world import FakeClock


def test_a_relays_word_is_for_its_frames_alone_and_for_a_while() -> None:
    clock = FakeClock()
    slowed = Slowed(clock)
    slowed.slow_down("wss://a", "message", 20)
    assert (slowed.left("wss://a", "message"), slowed.left("wss://a", "accept")) == (20, 20)
    assert (slowed.left("wss://a", "knock"), slowed.left("wss://b", "message")) == (0, 0)
    clock.advance(15)
    assert slowed.left("wss://a", "message") == 5
    clock.advance(6)
    assert slowed.left("wss://a", "message") == 0


def test_pauses_that_are_over_are_forgotten() -> None:
    clock = FakeClock()
    slowed = Slowed(clock)
    for number in range(100):
        slowed.slow_down(f"wss://{number}", "knock", 1)
        clock.advance(2)
    assert len(slowed._until) == 1


SHOPPING = Wish(intent=Intent(category="commerce"), request=SessionRequest())


def slows_down(kind: str, seconds: int) -> Answer:
    """Answer as a relay does that takes no more of a kind for so long."""

    def answer(frame: Send) -> Sent | None:
        if frame.message_type != kind:
            return None
        limited = Sent(id=frame.id, outcome="refused", code="RATE_LIMITED")
        return msgspec.structs.replace(limited, retry_after_seconds=seconds)

    return answer


async def test_a_rate_limit_holds_back_every_message_at_that_relay(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.wire.answer = slows_down("message", 20)
    one = await pair.low.say(pair.high, "one")
    await pair.settle()
    assert await pair.low.fate_of(one) == ("queued", "rate_limited")
    pair.wire.answer = lambda _: None
    pair.wire.carried.clear()
    await pair.low.say(pair.high, "two")
    await pair.later(10)
    assert pair.wire.carried == []
    await pair.later(11)
    assert await pair.high.texts() == ["hello", "one", "two"]


async def test_a_relay_that_takes_no_knocks_holds_back_no_message(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.wire.answer = slows_down("knock", 3600)
    await pair.low.say(pair.high, "buy", SHOPPING)
    await pair.settle()
    await pair.low.say(pair.high, "still here")
    await pair.settle()
    assert await pair.high.texts() == ["hello", "still here"]


async def test_a_peers_relay_holds_back_nothing_at_another(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.low.peers._is_at(pair.high.amid, ELSEWHERE)
    pair.wire.answer = slows_down("message", 3600)
    await pair.low.say(pair.high, "one")
    await pair.settle()
    pair.low.peers._is_at(pair.high.amid, RELAY)
    pair.wire.answer = lambda _: None
    pair.wire.carried.clear()
    await pair.low.say(pair.high, "two")
    await pair.settle()
    assert "message" in pair.wire.types()
