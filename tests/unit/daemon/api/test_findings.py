"""What status and health say of the keys and the audit log."""

from dataclasses import dataclass, field, replace

import pytest

from agentmesh.control import calls
from agentmesh.daemon.api import checkup, status
from agentmesh.daemon.examinations import Examination
from agentmesh.daemon.rooms import Rooms
from agentmesh.observability.findings import Finding
from tests.unit.daemon.conftest import House


@dataclass
class Looks:
    """A disk with two faults, and how often each was looked for."""

    seen: list[str] = field(default_factory=list)

    def at(self, name: str) -> list[Finding]:
        self.seen.append(name)
        return [Finding(name, "error", f"{name} is broken", "")]


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
def rooms(house: House, looks: Looks) -> Rooms:
    clock = house.pair.clock
    return replace(
        house.caller.rooms,
        key_files=Examination(lambda: looks.at("keys"), clock),
        audit_log=Examination(lambda: looks.at("audit"), clock),
        around=Examination(lambda: looks.at("machine"), clock),
    )


async def test_status_warns_of_the_keys_and_reads_no_log(rooms: Rooms, looks: Looks) -> None:
    for _ in range(3):
        shown = await status.status(rooms, calls.Status(), "agent")
        assert "keys is broken" in shown.warnings
    assert looks.seen == ["keys"]


async def test_the_owner_has_everything_looked_at_again(rooms: Rooms, looks: Looks) -> None:
    for _ in range(2):
        health = await status.health(rooms, calls.Health(), "owner")
        assert {"keys", "audit"} <= {finding.id for finding in health.findings}
        assert not health.healthy
    assert looks.seen == ["keys", "audit"] * 2


async def test_an_agent_that_asks_all_day_gets_what_was_seen(rooms: Rooms, looks: Looks) -> None:
    for _ in range(3):
        await status.health(rooms, calls.Health(), "agent")
    assert looks.seen == ["keys", "audit"]


async def test_an_owner_may_have_all_looked_at_that_doctor_does(rooms: Rooms, looks: Looks) -> None:
    told = await checkup.examine(rooms, calls.Examine(), "owner")
    assert {"keys", "audit", "machine"} <= {finding.id for finding in told.findings}
    assert not told.healthy


async def test_words_that_are_in_no_transcript_are_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentmesh.observability.transcripts.MAX_FILE", 10)
    await house.hear()
    house.caller.rooms.talks.afterwards.finish()
    findings = (await house.ask("health"))["findings"]
    (why,) = [it["why"] for it in findings if it["id"] == "transcript_missing"]
    assert why.endswith("in no transcript: transcript full.")
