"""How much runs at once."""

import asyncio

from agentmesh.node.errands import Errands
from agentmesh.node.slots import MAX_AT_ONCE, MAX_WITH_SLOW, SLOW_SECONDS, Slots
from agentmesh.protocol.ids import Amid
from agentmesh.session.effects import EmitOnce
from agentmesh.storage.interface import ErrandRow
from agentmesh.storage.volatile import VolatileStore
from tests.support.stores import errand
from tests.support.world import FakeClock, FakeEntropy


def test_what_takes_long_keeps_nothing_else_out_up_to_a_bound() -> None:
    clock = FakeClock()
    slots = Slots(clock)
    for number in range(MAX_WITH_SLOW):
        if number % MAX_AT_ONCE == 0 and number:
            assert not slots.has_room()
            clock.advance(SLOW_SECONDS)
        assert slots.has_room()
        slots.take(str(number))
    clock.advance(SLOW_SECONDS)
    assert not slots.has_room()
    slots.give_back("0")
    assert slots.has_room()


async def test_a_silent_relay_holds_up_nobody_elses_errands() -> None:
    clock, ran = FakeClock(), asyncio.Event()

    async def run(row: ErrandRow) -> None:
        if row.errand_id == "quick":
            ran.set()
        else:
            await asyncio.Event().wait()

    errands = Errands(VolatileStore(), clock, FakeEntropy())
    errands.employ({"emit": run}, _nobody)
    async with errands:
        for name in (*map(str, range(MAX_AT_ONCE)), "quick"):
            errands._add(errand(name), [])
        errands._start_what_is_due()
        await asyncio.sleep(0)
        assert not ran.is_set()
        assert errands._timer is not None  # else nobody would look again
        clock.advance(SLOW_SECONDS)
        errands._time_is_over()
        await asyncio.sleep(0)
        assert ran.is_set()


async def _nobody(_: Amid, __: EmitOnce) -> None:
    raise AssertionError("not asked for")
