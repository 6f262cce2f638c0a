"""Steps in their order."""

from agentmesh.daemon.netcheck.report import Fact, Failed, Walk, median
from agentmesh.errors import TransportError
from tests.support.world import FakeClock


async def fine() -> dict[str, Fact]:
    return {"count": 1}


async def test_after_a_step_that_failed_the_others_are_skipped() -> None:
    walk = Walk(FakeClock())

    async def fails() -> dict[str, Fact]:
        raise Failed("It is broken.", "Mend it.", {"seen": True})

    await walk.step("first", fine)
    await walk.step("second", fails)
    await walk.step("third", fine)
    way = walk.way("wss://relay")
    assert [it.state for it in way.steps] == ["ok", "failed", "skipped"]
    assert (way.steps[1].why, way.steps[1].fix) == ("It is broken.", "Mend it.")
    assert way.steps[1].facts == {"seen": True}
    assert not way.reachable


async def test_any_error_of_ours_is_a_failed_step() -> None:
    walk = Walk(FakeClock())

    async def fails() -> dict[str, Fact]:
        raise TransportError("relay_silent", "It is silent.", "Try later.")

    await walk.step("only", fails)
    assert walk.steps[0].facts == {"code": "relay_silent"}
    assert walk.steps[0].fix == "Try later."


async def test_what_is_skipped_keeps_nobody_from_arriving() -> None:
    walk = Walk(FakeClock())
    walk.skip("tls", "There is none.")
    await walk.step("last", fine)
    assert walk.way("ws://relay").reachable


def test_the_median_is_in_milliseconds() -> None:
    assert median([0.5, 0.001, 0.002]) == 2.0
