"""Sessions that are over."""

import pytest

from agentmesh.errors import UsageError
from tests.unit.daemon.conftest import House


async def test_a_session_that_ended_is_told_with_why_and_when(house: House) -> None:
    await house.hear("hello")
    assert await house.ask("sessions.history") == {"sessions": [], "next": ""}
    (living,) = (await house.ask("sessions"))["sessions"]
    await house.ask("kill", session_id=living["session_id"])
    await house.pair.settle()
    (past,) = (await house.ask("sessions.history"))["sessions"]
    assert past["session_id"] == living["session_id"]
    assert (past["peer"], past["state"]) == (house.pair.low.amid, "ended")
    assert (past["reason"], past["by_peer"]) == ("killed_by_owner", False)
    assert past["has_transcript"] is True
    assert past["ended_at"] >= past["opened_at"]


async def test_they_come_page_by_page_the_last_ended_first(house: House) -> None:
    ended = []
    for text in ("one", "two", "three"):
        await house.hear(text)
        (living,) = (await house.ask("sessions"))["sessions"]
        house.pair.high.clock.advance(1)
        await house.ask("kill", session_id=living["session_id"])
        await house.pair.settle()
        ended.append(living["session_id"])
    found, place = [], ""
    while True:
        page = await house.ask("sessions.history", before=place, limit=2)
        found += [it["session_id"] for it in page["sessions"]]
        place = str(page["next"])
        if not place:
            break
    assert found == ended[::-1]


async def test_a_place_that_nobody_gave_is_refused(house: House) -> None:
    with pytest.raises(UsageError) as caught:
        await house.ask("sessions.history", before="../x")
    assert caught.value.code == "invalid_place"
