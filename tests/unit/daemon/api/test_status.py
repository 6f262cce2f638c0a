"""What the daemon says about itself."""

import asyncio

from tests.unit.daemon.conftest import House


async def test_status_counts_what_there_is(house: House) -> None:
    await house.hear()
    status = await house.ask("status")
    assert status["inbox"] == {"unread": 1}
    assert status["outbox"] == {"pending": 0}
    (session,) = status["sessions"]  # type: ignore[misc]
    assert (session["state"], session["initiated_by_us"]) == ("open", False)


async def test_what_is_wrong_is_found(house: House) -> None:
    house.caller.rooms.policy.set("consent", "ask")
    assert (await house.ask("health"))["healthy"] is True
    await house.caller.rooms.transport.switch(is_on=False)
    house.pair.high.publisher.prekeys.waiting = 1
    health = await house.ask("health")
    codes = {finding["id"] for finding in health["findings"]}  # type: ignore[attr-defined]
    assert len(codes) == 2
    assert health["healthy"] is False


async def test_events_of_the_owner_are_not_for_the_agent(house: House) -> None:
    told: dict[str, list[str]] = {}
    streams = {p: await house.caller.answer("events.subscribe", permit=p) for p in _PERMITS}
    for permit, stream in streams.items():
        told[permit] = await _kinds(stream, house)
    assert "breaker_pause_new" in told["owner"]
    assert "breaker_pause_new" not in told["agent"]
    assert "message_received" in told["agent"]


_PERMITS = ("owner", "agent")


async def _kinds(stream: object, house: House) -> list[str]:
    """Return what a subscription tells while the owner pauses and somebody speaks."""
    kinds: list[str] = []

    async def collect() -> None:
        async for event in stream:  # type: ignore[attr-defined]
            kinds.append(event.kind)
            if event.kind == "message_received":
                return

    collecting = asyncio.ensure_future(collect())
    await asyncio.sleep(0)
    await house.ask("pause")
    await house.ask("resume")
    await house.hear()
    await collecting
    await stream.aclose()  # type: ignore[attr-defined]
    return kinds
