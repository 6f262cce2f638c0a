"""up, down, daemon, keygen."""

import os
from pathlib import Path
from typing import Any

import pytest

from agentmesh.cli import passphrase, process
from agentmesh.control import answers
from tests.architecture.tree import ROOT
from tests.support import control_server
from tests.support.control_server import ALICE, Script
from tests.unit.cli.conftest import Said, Shell

FAKE = "tests.support.fake_daemon"


def fake(shell: Shell, how: str, *arguments: str) -> Said:
    environment = {
        **os.environ,
        "AGENTMESH_HOME": str(shell.home),
        "FAKE_DAEMON": how,
        "PYTHONPATH": str(ROOT),
    }
    return shell(*arguments, environment=environment, daemon=FAKE)


@pytest.mark.slow
def test_up_starts_once_and_down_ends_it(shell: Shell) -> None:
    said = fake(shell, "serves", "up", "--name", "alice", "--capability", "travel",
                "--capability", "finance", "--relay", "ws://r", "--no-open", "--json")  # fmt: skip
    assert said.document == {
        "ok": True,
        "amid": ALICE,
        "did": f"did:agentmesh:{ALICE}",
        "relay": "ws://127.0.0.1:8765",
        "registry": "http://127.0.0.1:8080",
        "already_running": False,
    }
    log = (shell.home / "logs" / "daemon.log").read_text()
    assert "--name alice --capability travel --capability finance --relay ws://r" in log
    pid = fake(shell, "serves", "status", "--json").document["daemon"]["pid"]
    again = fake(shell, "serves", "up", "--name", "bob", "--json")
    assert again.document["already_running"] is True
    assert "down" in again.err
    assert process.is_alive(pid)
    assert fake(shell, "serves", "down", "--json").document == {
        "ok": True,
        "was_running": True,
        "pid": pid,
    }
    assert not process.is_alive(pid)
    assert not (shell.home / "run" / "daemon.sock").exists()


def test_down_where_nothing_runs_is_no_error(shell: Shell) -> None:
    assert shell("down", "--json").document == {"ok": True, "was_running": False}


def test_up_takes_a_stopped_agent_online_again(mesh: Shell, script: Script) -> None:
    script.answers["status"] = control_server.status(stopped=True)
    script.answers["wake"] = answers.Breakers(paused=False, stopped=False)
    said = mesh("up")
    assert said.out.startswith("The daemon is running already.\n")
    assert [name for name, _, _ in script.asked] == ["status", "wake"]


def test_up_takes_an_agent_online_that_was_stopped_before_its_daemon_ended(
    mesh: Shell, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = iter([None, control_server.status(stopped=True)])
    monkeypatch.setattr(process, "running", lambda desk: next(running))
    monkeypatch.setattr(process, "_launch", lambda desk, arguments: {"ready": True})
    script.answers["wake"] = answers.Breakers(paused=False, stopped=False)
    assert mesh("up", "--json").document["already_running"] is False
    assert [name for name, _, _ in script.asked] == ["wake"]


def test_a_service_that_does_not_answer_is_told_at_once(mesh: Shell, script: Script) -> None:
    away = answers.Link(url="ws://away", state="unreachable")
    script.answers["status"] = control_server.status(relay=away)
    said = mesh("up")
    assert (said.code, said.err.count("The relay is not connected.")) == (0, 1)
    assert "registry" not in said.err
    assert "agentmesh-relay" not in said.err
    missing = answers.Link(url="http://127.0.0.1:8080", state="unreachable")
    script.answers["status"] = control_server.status(registry=missing)
    assert "`agentmesh-registry` starts one" in mesh("up").err


@pytest.mark.slow
def test_why_it_does_not_start_is_shown(shell: Shell) -> None:
    said = fake(shell, "error", "up", "--json")
    assert said.code == 2
    assert said.document["error"] == {"code": "invalid_url", "message": "Bad.", "hint": "Mend."}


@pytest.mark.slow
def test_whoever_was_quicker_is_waited_for(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentmesh.cli.starting.READY_SECONDS", 15.0)
    running = iter([None, None, control_server.status()])
    monkeypatch.setattr(process, "running", lambda desk: next(running))
    said = fake(shell, "taken", "up", "--json")
    assert said.document["already_running"] is True


@pytest.mark.slow
def test_keygen_makes_keys_and_starts_nothing(shell: Shell) -> None:
    said = fake(shell, "keys", "keygen", "--name", "alice", "--json")
    assert said.document == {"ok": True, "amid": ALICE, "created": True}
    assert "--keygen --name alice" in (shell.home / "logs" / "daemon.log").read_text()


@pytest.mark.slow
def test_a_missing_passphrase_is_asked_for_where_somebody_is(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = fake(shell, "sealed", "keygen", "--json")
    assert said.document["error"]["code"] == "passphrase_needed"
    monkeypatch.setattr(passphrase, "can_be_asked", lambda: True)
    monkeypatch.setattr(passphrase.getpass, "getpass", lambda prompt: "open sesame")
    assert fake(shell, "sealed", "keygen", "--json").code == 0
    log = (shell.home / "logs" / "daemon.log").read_text()
    assert "passphrase of 12 letters" in log
    assert "sesame" not in log


def test_the_foreground_daemon_replaces_us(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[Any, ...]] = []
    monkeypatch.setattr(os, "execve", lambda *given: started.append(given))
    assert shell("daemon", "--registry", "http://r").code == 0
    (program, arguments, environment) = started[0]
    assert arguments[0] == program
    assert arguments[2:] == ["-m", "agentmesh.daemon", "--registry", "http://r"]
    assert environment["AGENTMESH_HOME"] == str(shell.home)


def test_a_process_is_alive_until_it_is_gone(tmp_path: Path) -> None:
    assert process.is_alive(os.getpid())
    assert process.is_alive(1)
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    while process.is_alive(pid):  # a zombie is not alive; the test's timeout bounds this
        pass
    os.waitpid(pid, 0)
    assert not process.is_alive(pid)


def test_a_daemon_that_does_not_end_is_told(
    mesh: Shell, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "ENDED_SECONDS", 0.01)
    script.answers["stop"] = answers.Stopping(pid=os.getpid())
    said = mesh("down", "--json")
    assert said.code == 6
    assert said.document["error"]["code"] == "stop_timed_out"
