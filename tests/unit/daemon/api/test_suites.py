"""Suites below the floor over the control socket: permitted, shown, taken back."""

from typing import Any

import pytest

from agentmesh.control import answers
from agentmesh.crypto.suites import OLM, PQXDH_DR, X3DH_ONLY
from agentmesh.daemon.api import suites
from agentmesh.errors import NotPermitted, UsageError
from tests.support.suite_lists import allow, offer, spoken
from tests.unit.daemon.conftest import House


async def weak_session(house: House) -> None:
    pair = house.pair
    await offer(pair.low, X3DH_ONLY)
    await allow(pair.low, pair.high)
    await house.ask("contacts.allow_degraded", peer=pair.low.amid)
    await house.hear()
    assert await spoken(pair.high) == {X3DH_ONLY}


async def listed(house: House, call: str, field: str) -> list[Any]:
    found = (await house.ask(call))[field]
    assert isinstance(found, list)
    return found


async def test_a_permission_is_shown_with_the_contact(house: House) -> None:
    low = house.pair.low.amid
    await house.ask("contacts.add", peer=low)
    told = await house.ask("contacts.allow_degraded", peer=low, suite=OLM)
    assert (told["allowed"], told["pinned"]) == ([OLM], "")
    (contact,) = await listed(house, "contacts.list", "contacts")
    assert contact["degraded_allowed"] == [OLM]
    found = await listed(house, "health", "findings")
    assert "degraded_allowed" in [finding["id"] for finding in found]
    assert "peer_suites_changed" in house.pair.high.kinds()
    await house.ask("contacts.remove", peer=low)
    await house.ask("contacts.add", peer=low)
    (contact,) = await listed(house, "contacts.list", "contacts")
    assert contact["degraded_allowed"] == []


async def test_a_weak_session_is_shown_as_degraded_everywhere(house: House) -> None:
    await weak_session(house)
    (session,) = await listed(house, "sessions", "sessions")
    assert (session["suite"], session["degraded"]) == (X3DH_ONLY, True)
    status = await house.ask("status")
    assert any(X3DH_ONLY in warning for warning in status["warnings"])
    found = await listed(house, "health", "findings")
    assert "session_degraded" in [finding["id"] for finding in found]


async def test_a_session_under_the_floor_is_not_degraded(house: House) -> None:
    await house.hear()
    (session,) = await listed(house, "sessions", "sessions")
    assert (session["suite"], session["degraded"]) == (PQXDH_DR, False)


async def test_what_is_taken_back_ends_the_sessions_that_rest_on_it(house: House) -> None:
    await weak_session(house)
    told = await house.ask("contacts.allow_degraded", peer=house.pair.low.amid, never=True)
    assert (told["allowed"], told["sessions_ended"]) == ([], 1)
    await house.pair.settle()
    assert await spoken(house.pair.high) == set()
    again = await house.ask("contacts.allow_degraded", peer=house.pair.low.amid, never=True)
    assert again["sessions_ended"] == 0


async def test_taking_it_back_leaves_good_sessions_alone(house: House) -> None:
    await house.hear()
    told = await house.ask("contacts.allow_degraded", peer=house.pair.low.amid, never=True)
    assert told["sessions_ended"] == 0
    assert await spoken(house.pair.high) == {PQXDH_DR}


async def test_only_the_owner_permits_and_only_for_others(house: House) -> None:
    with pytest.raises(NotPermitted):
        await house.ask("contacts.allow_degraded", permit="agent", peer=house.pair.low.amid)
    with pytest.raises(NotPermitted):
        await house.ask("contacts.allow_degraded", peer=house.pair.high.amid)
    with pytest.raises(UsageError):
        await house.ask("contacts.allow_degraded", peer=house.pair.low.amid, suite=PQXDH_DR)


async def test_a_peer_that_spoke_better_needs_the_suite_named(house: House) -> None:
    await house.ask("contacts.add", peer=house.pair.low.amid)
    await house.hear()
    with pytest.raises(UsageError) as caught:
        await house.ask("contacts.allow_degraded", peer=house.pair.low.amid)
    assert caught.value.code == "suite_pinned"


def test_many_weak_sessions_are_counted_not_listed() -> None:
    session = answers.Session(
        session_id="s",
        peer="p",
        peer_name="",
        intent="",
        type="",
        state="open",
        initiated_by_us=True,
        opened_at="",
        expires_at="",
        suite=OLM,
        degraded=True,
    )
    found = suites.warnings([session] * 8)
    assert len(found) == 6
    assert found[-1].why.startswith("3 more")
