"""After reading a peer's words, what the agent sends is by itself for a while."""

from agentmesh.node.consent.reading import AFTER_READING_SECONDS, KEEP_EVERY, Reading
from agentmesh.storage.volatile import VolatileStore
from tests.support.world import FakeClock


async def test_reading_is_recent_for_its_time() -> None:
    clock = FakeClock()
    reading = Reading(VolatileStore(), clock)
    assert not await reading.is_recent()
    await reading.happened()
    clock.advance(AFTER_READING_SECONDS - 1)
    assert await reading.is_recent()
    clock.advance(2)
    assert not await reading.is_recent()


async def test_a_restart_does_not_forget_it() -> None:
    clock, store = FakeClock(), VolatileStore()
    await Reading(store, clock).happened()
    clock.advance(AFTER_READING_SECONDS - 1)
    assert await Reading(store, clock).is_recent()
    clock.advance(KEEP_EVERY + 2)
    assert not await Reading(store, clock).is_recent()


async def test_a_clock_that_went_back_does_not_forget_it() -> None:
    clock, store = FakeClock(), VolatileStore()
    await Reading(store, clock).happened()
    clock.jump(-400 * 86400)
    assert await Reading(store, clock).is_recent()
