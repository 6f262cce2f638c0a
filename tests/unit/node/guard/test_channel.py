"""One way to the owner: never twice in half a minute, never more than waits, never a hold-up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agentmesh.node.guard.channel import MAX_TRIES, QUIET_SECONDS, Channel
from agentmesh.policy.telling import Topic
from tests.support.patience import until
from tests.support.world import FakeClock


class Told:
    """What was told; `works`, hangs or raises as it is told."""

    def __init__(self) -> None:
        self.topics: list[Topic] = []
        self.works: bool | Exception = True
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, topic: Topic) -> bool:
        self.topics.append(topic)
        await self.go_on.wait()
        if isinstance(self.works, Exception):
            raise self.works
        return self.works


@asynccontextmanager
async def _channel(told: Told, clock: FakeClock) -> AsyncIterator[Channel]:
    async with Channel("webhook", told, clock) as channel:
        yield channel


async def _later(channel: Channel, clock: FakeClock, seconds: float = QUIET_SECONDS) -> None:
    clock.advance(seconds)
    channel._news.set()
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_same_is_told_once_in_half_a_minute() -> None:
    told, clock = Told(), FakeClock()
    async with _channel(told, clock) as channel:
        for _ in range(100):
            channel.say("knock")
        await until(lambda: told.topics == ["knock"])
        for _ in range(100):
            channel.say("knock")
            channel.say("breaker")
        await until(lambda: told.topics == ["knock", "breaker"])
        await _later(channel, clock)
        await until(lambda: told.topics == ["knock", "breaker", "knock"])
        await _later(channel, clock, 3600)
        assert len(told.topics) == 3


async def test_who_rings_all_night_is_heard_less_and_less() -> None:
    told, clock = Told(), FakeClock()
    async with _channel(told, clock) as channel:
        for _ in range(12 * 60):
            channel.say("knock")
            await _later(channel, clock, 60)
        assert 12 <= len(told.topics) <= 20
        await _later(channel, clock, 8 * 3600)
        before = len(told.topics)
        for _ in range(2):
            channel.say("knock")
            await _later(channel, clock, QUIET_SECONDS)
        assert len(told.topics) >= before + 1


async def test_what_did_not_work_is_tried_again_and_then_given_up() -> None:
    told, clock = Told(), FakeClock()
    told.works = False
    async with _channel(told, clock) as channel:
        channel.say("knock")
        for tries in range(1, MAX_TRIES + 3):
            await until(lambda tries=tries: len(told.topics) == min(tries, MAX_TRIES))
            await _later(channel, clock, 4 * QUIET_SECONDS)
        assert channel.is_failing
        told.works = True
        channel.say("breaker")
        await until(lambda: not channel.is_failing)
    assert told.topics == ["knock"] * MAX_TRIES + ["breaker"]


async def test_a_bug_in_one_way_ends_nothing() -> None:
    told, clock = Told(), FakeClock()
    told.works = RuntimeError("a bug")
    async with _channel(told, clock) as channel:
        channel.say("knock")
        await until(lambda: channel.is_failing)
        told.works = True
        channel.say("breaker")
        await until(lambda: not channel.is_failing)


async def test_what_hangs_is_broken_off_when_it_is_cut_and_when_it_ends() -> None:
    told, clock = Told(), FakeClock()
    told.go_on.clear()
    async with _channel(told, clock) as channel:
        channel.say("knock")
        channel.say("breaker")
        await until(lambda: told.topics == ["knock"])
        channel.cut()
        await _later(channel, clock)
        assert told.topics == ["knock"]
        assert not channel.is_failing
        channel.say("approval")
        await until(lambda: told.topics == ["knock", "approval"])
