"""bench: what is made of a lap; the rest is real, and in tests/e2e."""

import json
from pathlib import Path

from agentmesh.cli.checkup import bench as subject
from agentmesh.cli.checkup.course import Lap
from agentmesh.policy import settings
from agentmesh.policy.document import Policy
from tests.unit.cli.conftest import Shell

LAP = Lap(first_contact=0.05, round_trips=[0.004, 0.002, 0.009], flood=0.5)


def test_figures_are_those_of_the_lap() -> None:
    found = subject._figures(LAP, 1000, 0.0002)
    assert found["first_contact_ms"] == 50
    assert found["round_trip"] == {
        "count": 3, "min_ms": 2, "p50_ms": 4, "p99_ms": 9, "max_ms": 9,
    }  # fmt: skip
    assert found["one_way"] == {"messages": 1000, "seconds": 0.5, "messages_per_second": 2000}
    assert found["disk_sync_ms"] == 0.2
    json.dumps(found)
    told = subject._told(found)
    assert "2000 messages a second" in told
    assert "p50 4.0" in told


def test_the_disk_is_measured_where_the_agents_will_be(tmp_path: Path) -> None:
    assert subject._sync_seconds(tmp_path) > 0
    assert list(tmp_path.iterdir()) == []


def test_what_is_raised_for_it_is_a_policy() -> None:
    policy = Policy()
    for key, value in subject._POLICY.items():
        policy = settings.put(policy, key, value)
    assert policy.consent == "policy"


def test_numbers_have_bounds(shell: Shell) -> None:
    for option in ("--messages", "--round-trips"):
        for number in ("0", "-1", "5001", "many"):
            assert shell("bench", option, number, "--json").code == 2
