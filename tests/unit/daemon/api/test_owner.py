"""What the owner decides by control calls."""

from pathlib import Path

import pytest

from agentmesh.errors import NotPermitted, UsageError
from agentmesh.policy import settings
from agentmesh.policy.document import Policy
from tests.unit.daemon.conftest import House


async def _knock(house: House) -> str:
    await house.ask("policy.set", key="consent", value="ask")
    await house.hear()
    knocks = (await house.ask("knocks.list"))["knocks"]
    (knock,) = knocks
    return str(knock["id"])


async def test_a_knock_that_waits_is_listed_and_approved(house: House) -> None:
    knock_id = await _knock(house)
    decided = await house.ask("knocks.approve", id=knock_id)
    assert decided["knock"]["verdict"] == "accepted"
    await house.pair.settle()
    assert await house.pair.high.texts() == ["hello"]
    assert (await house.ask("knocks.list"))["knocks"] == []
    assert len((await house.ask("contacts.list"))["contacts"]) == 1


async def test_a_knock_that_is_let_in_once_makes_no_contact(
    house: House,
) -> None:
    decided = await house.ask("knocks.approve", id=await _knock(house), contact=False)
    assert decided["knock"]["verdict"] == "accepted"
    await house.pair.settle()
    assert await house.pair.high.texts() == ["hello"]
    assert (await house.ask("contacts.list"))["contacts"] == []
    (session,) = (await house.ask("sessions"))["sessions"]
    await house.ask("kill", session_id=session["session_id"])
    await house.pair.settle()
    await house.hear("again")
    assert len((await house.ask("knocks.list"))["knocks"]) == 1


async def test_a_denied_knock_is_dismissed(house: House) -> None:
    decided = await house.ask("knocks.deny", id=await _knock(house))
    assert decided["knock"]["verdict"] == "dismissed"


async def test_a_blocked_knock_blocks_its_sender(house: House) -> None:
    decided = await house.ask("knocks.block", id=await _knock(house))
    assert decided["knock"]["reason"] == "blocked"
    assert (await house.ask("policy.get", key="blocklist"))["policy"] == [house.pair.low.amid]


async def test_blocking_ends_sessions_and_is_kept_on_the_disk(house: House, tmp_path: Path) -> None:
    await house.hear()
    low = house.pair.low.amid
    blocked = await house.ask("block", peer=low)
    assert blocked == {"amid": low, "blocked": True, "sessions_ended": 1}
    kept = settings.read((tmp_path / "policy.json").read_bytes())
    assert kept.blocklist == {low}
    assert (await house.ask("unblock", peer=low))["blocked"] is False
    assert settings.read((tmp_path / "policy.json").read_bytes()).blocklist == frozenset()


async def test_the_agent_changes_only_what_the_policy_delegates(house: House) -> None:
    with pytest.raises(NotPermitted):
        await house.ask("policy.set", permit="agent", key="strict_mode", value=True)
    with pytest.raises(UsageError):
        await house.ask("policy.set", key="strikt", value=True)
    assert (await house.ask("policy.get", key="strict_mode"))["policy"] is False


async def test_breakers_say_how_they_stand(house: House) -> None:
    await house.hear()
    assert (await house.ask("pause"))["paused"] is True
    assert (await house.ask("resume"))["paused"] is False
    down = await house.ask("shutdown")
    assert (down["stopped"], down["sessions_ended"]) == (True, 1)
    status = await house.ask("status")
    assert status["relay"]["state"] == "stopped"
    assert (await house.ask("wake"))["stopped"] is False


async def test_the_policy_is_shown_whole_or_in_part(house: House) -> None:
    whole = (await house.ask("policy.get"))["policy"]
    assert set(whole) >= set(Policy.__struct_fields__)


async def test_a_session_that_its_peer_has_not_heard_the_end_of_is_closing(house: House) -> None:
    await house.hear()
    house.pair.wire.loses = lambda _: True
    (session,) = (await house.ask("sessions"))["sessions"]
    assert session["state"] == "open"
    await house.ask("kill", session_id=session["session_id"])
    (session,) = (await house.ask("sessions"))["sessions"]
    assert session["state"] == "closing"
