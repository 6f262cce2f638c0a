"""doctor."""

import os
from pathlib import Path

import pytest

from agentmesh.cli.checkup import doctor
from agentmesh.control import answers
from agentmesh.errors import AgentMeshError
from agentmesh.observability.checkup import home, machine
from agentmesh.observability.checkup.ailment import Mend
from agentmesh.observability.findings import Finding, Severity
from tests.support.control_server import Script, status
from tests.unit.cli.conftest import Shell
from tests.unit.observability.checkup.test_machine import QUIET

LOW = Finding("prekeys_low", "warning", "Only 3 prekeys are left.", "Check the registry.")
TOLD = Finding("keys_in_file", "note", "The keys are in a file.", "Run `agentmesh seal`.")


@pytest.fixture(autouse=True)
def private(shell: Shell, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home as it should be, wherever these tests run."""
    shell.home.chmod(0o700)
    script.answers["status"] = status()
    script.answers["health"] = answers.Health(healthy=True, findings=[])
    monkeypatch.setattr(machine, "surroundings", lambda: QUIET)
    monkeypatch.setattr(home, "place", lambda directory: [])


def found(shell: Shell, *options: str) -> list[str]:
    return [it["id"] for it in shell("doctor", "--json", *options).document["findings"]]


def test_all_well_is_one_sentence(mesh: Shell) -> None:
    assert mesh("doctor").out == "Everything is as it should be.\n"
    assert mesh("doctor", "--json").document == {"ok": True, "healthy": True, "findings": []}


def test_the_worst_comes_first(mesh: Shell, script: Script) -> None:
    script.answers["health"] = answers.Health(healthy=False, findings=[TOLD, LOW])
    document = mesh("doctor", "--json").document
    assert document["healthy"] is False
    assert [it["id"] for it in document["findings"]] == ["prekeys_low", "keys_in_file"]
    assert mesh("doctor").out.startswith(
        "warning  prekeys_low: Only 3 prekeys are left.\n  Check the registry.\n"
    )


@pytest.mark.parametrize(("severity", "code"), [("error", 8), ("warning", 0), ("note", 0)])
def test_errors_alone_make_it_end_with_another_code(
    mesh: Shell, script: Script, severity: Severity, code: int
) -> None:
    wrong = Finding("clock_wrong", severity, "Our clock is slow.", "Set the clock.")
    script.answers["health"] = answers.Health(healthy=False, findings=[wrong])
    said = mesh("doctor")
    assert said.code == code
    assert said.out.endswith("clock_wrong: Our clock is slow.\n  Set the clock.\n")
    document = mesh("doctor", "--json").document
    assert document["ok"] is (code == 0)
    assert [it["id"] for it in document["findings"]] == ["clock_wrong"]


def test_it_says_how_many_errors_there_are_and_what_mends_them(mesh: Shell, script: Script) -> None:
    wrong = Finding("clock_wrong", "error", "Our clock is slow.", "Set the clock.")
    for found, said in (
        ([wrong], "1 finding is an error."),
        ([wrong] * 2, "2 findings are errors."),
    ):
        script.answers["health"] = answers.Health(healthy=False, findings=found)
        assert f"Error: {said}\nEach names what mends it" in mesh("doctor").err


def test_notes_alone_are_healthy(mesh: Shell, script: Script) -> None:
    script.answers["health"] = answers.Health(healthy=True, findings=[TOLD])
    assert mesh("doctor", "--json").document["healthy"] is True


@pytest.mark.slow
def test_without_a_daemon_it_still_examines(shell: Shell) -> None:
    (shell.home / "agentmesh.db").write_bytes(b"")
    environment = {**os.environ, "AGENTMESH_HOME": str(shell.home)}
    document = shell("doctor", "--json", environment=environment).document
    seen = {it["id"] for it in document["findings"]}
    assert {"file_open", "database_corrupt", "not_running", "keys_missing"} <= seen


def test_an_examination_that_comes_to_nothing_is_said(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "AT_REST_SECONDS", 0.001)
    assert found(shell) == ["not_running", "examination_failed"]


def test_a_daemon_that_cannot_say_is_a_finding(mesh: Shell, script: Script) -> None:
    script.answers["health"] = AgentMeshError("internal_error", "Oh.", "Report it.")
    assert found(mesh) == ["internal_error"]


def test_a_daemon_of_another_version_is_a_finding(mesh: Shell, script: Script) -> None:
    other = answers.DaemonState(pid=4711, uptime_seconds=62.0, version="0.0.1")
    script.answers["status"] = status(daemon=other)
    assert found(mesh) == ["daemon_differs"]


def test_fix_does_what_is_safe_says_so_and_may_be_repeated(mesh: Shell) -> None:
    file = mesh.home / "file"
    file.touch(mode=0o644)
    document = mesh("doctor", "--fix", "--json").document
    assert document["mended"] == [
        {"id": "file_open", "did": f"{file} had mode 0644 and has 0600 now."}
    ]
    assert document["findings"] == []
    assert mesh("doctor", "--fix").out == "Everything is as it should be.\n"


def test_what_cannot_be_mended_is_still_there(mesh: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    (mesh.home / "file").touch(mode=0o644)

    def closing(path: Path, mode: int) -> Mend:
        def close() -> str:
            raise PermissionError(1, "Operation not permitted")

        return close

    monkeypatch.setattr(home, "closing", closing)
    said = mesh("doctor", "--fix")
    assert "mended  file_open: It could not be mended: Operation not permitted." in said.out
    assert "ERROR  file_open" in said.out
