"""Breakers as control calls."""

from typing import Any

import pytest

from agentmesh.errors import Refused, UsageError
from tests.unit.daemon.conftest import House


async def _breakers(house: House) -> list[Any]:
    return (await house.ask("breakers.list"))["breakers"]


async def test_a_peer_is_paused_shown_and_resumed(house: House) -> None:
    await house.hear()
    low = house.pair.low.amid
    await house.ask("contacts.add", peer=low, alias="friend")
    assert (await house.ask("pause", peer="friend"))["paused_peers"] == [low]
    (shown,) = (await house.ask("contacts.list"))["contacts"]
    assert shown["paused"] is True
    (on,) = await _breakers(house)
    assert (on["id"], on["peer_name"], on["lift"]) == (
        f"paused:{low}",
        "friend",
        f"agentmesh resume {low}",
    )
    found = {it["id"]: it for it in (await house.ask("health"))["findings"]}
    assert found["breaker_on"]["severity"] == "note"
    with pytest.raises(Refused):
        await house.ask("send", to="friend", body="hi")
    assert (await house.ask("inbox"))["messages"] == []
    assert (await house.ask("resume", peer="friend"))["paused_peers"] == []
    assert len((await house.ask("inbox"))["messages"]) == 1
    assert await _breakers(house) == []


async def test_what_has_tripped_says_why_and_is_lifted_by_its_id(house: House) -> None:
    low = house.pair.low.amid
    house.caller.rooms.guards.trips.trip("loop", low, 20, 60)
    found = {it["id"]: it for it in (await house.ask("health"))["findings"]}
    assert found["breaker_on"]["severity"] == "warning"
    warnings = (await house.ask("status"))["warnings"]
    assert any("20 times in 60 s" in it for it in warnings)
    assert (await house.ask("breakers.lift", id=f"loop:{low}"))["breakers"] == []
    with pytest.raises(UsageError):
        await house.ask("breakers.lift", id=f"loop:{low}")


async def test_an_emergency_stop_is_lifted_by_the_word_for_it_alone(house: House) -> None:
    await house.hear()
    stopped = await house.ask("emergency_stop")
    assert stopped == {
        "stopped": True,
        "kept": ["memory", "flag", "store"],
        "sessions_ended": 1,
        "complete": True,
        "stop_hook": "none",
    }
    for asked in ({}, {"confirm": "yes"}, {"confirm": "resume"}):
        with pytest.raises(Refused) as caught:
            await house.ask("resume", **asked)
        assert caught.value.code == "stopped"
    with pytest.raises(Refused):
        await house.ask("wake")
    with pytest.raises(Refused) as caught:
        await house.ask("send", to=house.pair.low.amid, body="hi")
    assert caught.value.hint == "agentmesh resume --confirm RESUME"
    assert (await house.ask("status"))["stopped"] is True
    assert [it["kind"] for it in await _breakers(house)] == ["emergency_stop"]
    state = await house.ask("resume", confirm="RESUME")
    assert (state["stopped"], state["emergency"]) == (False, False)
    assert await _breakers(house) == []


async def test_pausing_all_holds_new_sessions_in_both_directions(house: House) -> None:
    await house.ask("pause")
    assert [it["kind"] for it in await _breakers(house)] == ["pause"]
    with pytest.raises(Refused) as caught:
        await house.ask("send", to=house.pair.low.amid, body="hi")
    assert caught.value.code == "paused"
    await house.ask("resume")
    await house.hear()
    await house.ask("pause")
    await house.ask("send", to=house.pair.low.amid, body="the session that is open goes on")


async def test_a_stop_hook_that_failed_is_an_error_of_its_own(house: House) -> None:
    await house.ask("policy.set", key="stop_hook", value=["/nowhere/program"])
    await house.ask("emergency_stop")
    found = (await house.ask("health"))["findings"]
    assert "stop_hook_failed" in {it["id"] for it in found}
