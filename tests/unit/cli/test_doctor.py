"""doctor."""

import pytest

from agentmesh.control import answers
from agentmesh.errors import AgentMeshError
from agentmesh.observability.findings import Finding
from tests.support.control_server import Script
from tests.unit.cli.conftest import Shell

LOW = Finding("prekeys_low", "warning", "Only 3 prekeys are left.", "Check the registry.")
TOLD = Finding("key_in_file", "note", "The keys are in a file.", "Run `agentmesh seal`.")


@pytest.fixture(autouse=True)
def private(shell: Shell) -> None:
    shell.home.chmod(0o700)


def test_all_well_is_one_sentence(mesh: Shell, script: Script) -> None:
    script.answers["health"] = answers.Health(healthy=True, findings=[])
    assert mesh("doctor").out == "Everything is as it should be.\n"
    assert mesh("doctor", "--json").document == {"ok": True, "healthy": True, "findings": []}


def test_the_worst_comes_first(mesh: Shell, script: Script) -> None:
    script.answers["health"] = answers.Health(healthy=False, findings=[TOLD, LOW])
    document = mesh("doctor", "--json").document
    assert document["healthy"] is False
    assert [it["id"] for it in document["findings"]] == ["prekeys_low", "key_in_file"]
    assert mesh("doctor").out.startswith(
        "warning  prekeys_low: Only 3 prekeys are left.\n  Check the registry.\n"
    )


def test_notes_alone_are_healthy(mesh: Shell, script: Script) -> None:
    script.answers["health"] = answers.Health(healthy=True, findings=[TOLD])
    assert mesh("doctor", "--json").document["healthy"] is True


def test_without_a_daemon_it_still_examines(shell: Shell) -> None:
    document = shell("doctor", "--json").document
    assert [it["id"] for it in document["findings"]] == ["not_running"]


def test_a_daemon_that_cannot_say_is_a_finding(mesh: Shell, script: Script) -> None:
    script.answers["health"] = AgentMeshError("internal_error", "Oh.", "Report it.")
    document = mesh("doctor", "--json").document
    assert document["findings"][0]["id"] == "internal_error"
