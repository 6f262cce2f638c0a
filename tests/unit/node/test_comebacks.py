"""A peer or another's relay that comes back is offered what had to wait for it, not too often."""

from agentmesh.errors import TransportError
from agentmesh.node.comebacks import COMEBACK_SECONDS, REFUSED_SECONDS, Comebacks
from agentmesh.node.errands import LONGEST_PAUSE, LONGEST_UNREACHED
from agentmesh.node.runners import BUSY_PAUSE
from agentmesh.protocol.origin import origin_of
from agentmesh.protocol.relay_frames import Send, Sent
from tests.support.node import RELAY
from tests.support.node_pair import ELSEWHERE, Pair
from tests.support.stores import BOB
from tests.support.world import FakeClock

HERE, THERE = origin_of(RELAY), origin_of(ELSEWHERE)


def test_a_peer_is_waited_for_once_and_not_at_once() -> None:
    clock = FakeClock()
    comebacks = Comebacks(clock)
    assert not comebacks.is_waited_for(BOB)
    comebacks.refused(BOB)
    assert not comebacks.is_waited_for(BOB)
    clock.advance(REFUSED_SECONDS)
    assert comebacks.is_waited_for(BOB)
    assert not comebacks.is_waited_for(BOB)


def test_a_relay_that_comes_and_goes_has_its_turn_once_in_a_while() -> None:
    clock = FakeClock()
    comebacks = Comebacks(clock)
    assert comebacks.pause(THERE) == 0
    clock.advance(3)
    assert comebacks.pause(THERE) == COMEBACK_SECONDS - 3
    clock.advance(3)
    assert comebacks.pause(THERE) == COMEBACK_SECONDS - 6
    assert comebacks.pause(HERE) == 0
    clock.advance(COMEBACK_SECONDS)
    assert comebacks.pause(THERE) == COMEBACK_SECONDS - 6


def test_relays_that_have_not_come_back_lately_are_forgotten() -> None:
    clock = FakeClock()
    comebacks = Comebacks(clock)
    for number in range(100):
        comebacks.pause(f"wss://{number}")
        clock.advance(COMEBACK_SECONDS)
    assert len(comebacks._offered_at) == 1


class Gone:
    """A relay that cannot be reached, and how often that was tried."""

    def __init__(self, pair: Pair, code: str = "relay_unreachable") -> None:
        self.tries = 0
        self._code = code
        pair.wire.answer = self._refuse

    def _refuse(self, _: Send) -> Sent | None:
        self.tries += 1
        raise TransportError(self._code)


async def waiting_long(pair: Pair) -> Gone:
    """Say something to `high`, whose relay is gone for so long that pauses have grown."""
    gone = Gone(pair)
    await pair.low.say(pair.high, "hello")
    for _ in range(12):
        await pair.later(LONGEST_PAUSE)
    return gone


async def test_what_could_not_be_offered_to_a_relay_is_once_it_is_back(pair: Pair) -> None:
    await waiting_long(pair)
    pair.wire.answer = lambda _: None
    pair.low.incoming.reached(HERE)
    await pair.settle()
    assert await pair.high.texts() == ["hello"]


async def test_a_frame_alone_at_a_relay_finds_out_by_itself_that_it_is_back(pair: Pair) -> None:
    await waiting_long(pair)
    pair.wire.answer = lambda _: None
    await pair.later(LONGEST_UNREACHED)
    assert await pair.high.texts() == ["hello"]


async def test_what_goes_elsewhere_is_not_offered_for_that(pair: Pair) -> None:
    gone = await waiting_long(pair)
    before = gone.tries
    pair.low.incoming.reached(THERE)
    await pair.settle()
    assert gone.tries == before


async def test_a_relay_that_comes_and_goes_is_not_offered_it_each_time(pair: Pair) -> None:
    gone = await waiting_long(pair)
    before = gone.tries
    for _ in range(10):
        pair.low.incoming.reached(HERE)
        await pair.later(COMEBACK_SECONDS / 10 - 0.1)
    assert gone.tries == before + 1
    await pair.later(1)
    assert gone.tries == before + 2


async def test_what_a_relay_has_refused_waits_as_it_said(pair: Pair) -> None:
    offered: list[Send] = []

    def refuse(frame: Send) -> Sent:
        offered.append(frame)
        return Sent(id=frame.id, outcome="refused", code="MAILBOX_FULL", retry_after_seconds=900)

    await pair.low.say(pair.high, "before")
    await pair.settle()
    pair.wire.answer = refuse
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.low.incoming.reached(HERE)
    await pair.settle()
    assert len(offered) == 1


async def test_who_waits_for_a_place_among_the_links_asks_for_it_all_the_time(pair: Pair) -> None:
    gone = Gone(pair, "relay_busy")
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    for _ in range(10):
        await pair.later(BUSY_PAUSE)
    assert gone.tries == 11
