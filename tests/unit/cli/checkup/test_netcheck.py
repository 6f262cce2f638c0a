"""netcheck: what its program and the daemon say, put together."""

import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentmesh.cli.checkup import netcheck
from agentmesh.control import answers
from tests.support.control_server import Script
from tests.unit.cli.conftest import Said, Shell

RELAY, REGISTRY = "wss://relay.example.org", "https://registry.example.org"


def step(name: str, state: str = "ok", **more: Any) -> dict[str, Any]:
    words = {"milliseconds": 1.25, "facts": {"v4": ["192.0.2.1"], "v6": []}, "why": "", "fix": ""}
    return {"name": name, "state": state, **words, **more}


def report(*steps: dict[str, Any]) -> dict[str, Any]:
    well = all(it["state"] != "failed" for it in steps)
    relay = {"url": RELAY, "reachable": well, "steps": list(steps)}
    registry = {"url": REGISTRY, "reachable": True, "steps": [step("dns"), step("signed_read")]}
    environment = {"HTTPS_PROXY": "http://proxy"}
    return {"reachable": well, "relay": relay, "registry": registry, "environment": environment}


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have a program of the test's own say what the steps showed."""

    def says(document: object) -> None:
        text = document if isinstance(document, str) else msgspec.json.encode(document).decode()
        (tmp_path / "said.json").write_text(text)
        (tmp_path / "fake_netcheck.py").write_text(
            "import sys, pathlib\n"
            "here = pathlib.Path(__file__).parent\n"
            "(here / 'arguments').write_text(' '.join(sys.argv[1:]))\n"
            "print((here / 'said.json').read_text())\n"
        )

    monkeypatch.setattr(
        netcheck.starting,
        "command_line",
        lambda module, arguments: [sys.executable, str(tmp_path / "fake_netcheck.py"), *arguments],
    )
    return says


def run(shell: Shell, *arguments: str) -> Said:
    environment = {**os.environ, "AGENTMESH_HOME": str(shell.home)}
    return shell("netcheck", *arguments, environment=environment)


def test_each_step_is_a_line(shell: Shell, program: Any) -> None:
    program(report(step("dns"), step("tls", "skipped", milliseconds=None, facts={}, why="None.")))
    said = run(shell)
    assert said.code == 0
    assert "relay  wss://relay.example.org  reachable" in said.out
    assert "  dns           ok       1.2 ms     v4 192.0.2.1\n" in said.out
    assert "  tls           skipped\n      None.\n" in said.out
    assert "  HTTPS_PROXY=http://proxy" in said.out
    assert (shell.home / "arguments").read_text() == "--as-ourselves"


def test_what_is_not_reachable_is_an_error_with_all_the_steps(shell: Shell, program: Any) -> None:
    program(report(step("dns"), step("tcp", "failed", why="Nobody listens.", fix="Start it.")))
    said = run(shell, "--json")
    assert said.code == 75
    assert said.document["error"] == {
        "code": "not_reachable",
        "message": "Nobody listens.",
        "hint": "Start it.",
    }
    assert said.document["relay"]["steps"][1]["state"] == "failed"
    people = run(shell)
    assert "NOT REACHABLE" in people.out
    assert "Nobody listens." in people.err


def probed(url: str, **changed: Any) -> answers.ProbedLink:
    return answers.ProbedLink(url=url, **{"p50_ms": 2.5, "count": 5, **changed})


def test_what_needs_our_keys_is_asked_of_the_daemon(
    mesh: Shell, script: Script, program: Any
) -> None:
    program(report(step("dns"), step("authenticated", "skipped")))
    script.answers["probe"] = answers.Probed(relay=probed(RELAY), registry=probed(REGISTRY))
    document = run(mesh, "--json").document
    assert (mesh.home / "arguments").read_text() == ""
    last = document["relay"]["steps"][-1]
    assert (last["name"], last["state"]) == ("authenticated", "ok")
    assert last["facts"] == {"by": "daemon", "p50_ms": 2.5, "count": 5}
    assert [it["name"] for it in document["registry"]["steps"]] == ["dns", "signed_read"]


def test_a_daemon_that_is_not_let_in_means_not_reachable(
    mesh: Shell, script: Script, program: Any
) -> None:
    program(report(step("dns")))
    failed = probed(RELAY, code="displaced", why="Two daemons.", fix="End one.")
    script.answers["probe"] = answers.Probed(relay=failed, registry=probed(REGISTRY))
    said = run(mesh, "--json")
    assert said.code == 75
    assert said.document["error"]["message"] == "Two daemons."


def test_what_was_not_measured_is_no_fact(mesh: Shell, script: Script, program: Any) -> None:
    program(report(step("dns")))
    failed = probed(RELAY, code="relay_unreachable", why="No link.", p50_ms=None, count=0)
    script.answers["probe"] = answers.Probed(relay=failed, registry=probed(REGISTRY))
    said = run(mesh)
    assert "by daemon, count 0" in said.out
    assert "None" not in said.out


def test_of_another_relay_the_daemon_says_nothing(
    mesh: Shell, script: Script, program: Any
) -> None:
    program(report(step("dns"), step("authenticated", "skipped")))
    elsewhere = answers.Probed(relay=probed("wss://other"), registry=probed(REGISTRY))
    script.answers["probe"] = elsewhere
    document = run(mesh, "--relay", RELAY, "--json").document
    assert document["relay"]["steps"][-1]["state"] == "skipped"
    assert (mesh.home / "arguments").read_text() == f"--relay {RELAY}"


def test_a_program_that_refuses_or_fails_is_no_traceback(shell: Shell, program: Any) -> None:
    error = {"code": "invalid_url", "message": "Bad.", "hint": "Mend.", "kind": "usage"}
    program({"error": error})
    assert run(shell, "--json").document["error"]["code"] == "invalid_url"
    program("nonsense")
    assert run(shell, "--json").document["error"]["code"] == "netcheck_failed"


def test_a_program_that_hangs_is_ended(
    shell: Shell, program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(report(step("dns")))
    monkeypatch.setattr(netcheck, "SECONDS", 0.001)
    said = run(shell, "--json")
    assert (said.code, said.document["error"]["code"]) == (6, "netcheck_timed_out")
