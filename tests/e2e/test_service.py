"""`agentmesh service` with a real systemd: install, kill -9, take over, uninstall."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mesh import Agent, Mesh, eventually
from tests.support.user_systemd import user_systemd


@pytest.fixture(scope="module")
def systemd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with user_systemd(tmp_path_factory.mktemp("systemd")) as environment:
        yield environment


def newcomer(mesh: Mesh, name: str, systemd: dict[str, str]) -> Agent:
    agent = mesh.newcomer(name)
    agent.environment.update(systemd)
    mesh.agents.append(agent)
    return agent


def test_a_service_starts_again_after_a_kill_and_goes_without_a_trace(
    mesh: Mesh, systemd: dict[str, str]
) -> None:
    agent = newcomer(mesh, "served", systemd)
    told = agent.ask("service", "install")
    assert (told["manager"], told["started"], told["amid"]) == (
        "systemd",
        True,
        agent.ask("status")["amid"],
    )
    first = agent.ask("service", "status")
    assert first["active"]
    assert first["pid"] == agent.pid

    os.kill(agent.pid, signal.SIGKILL)
    eventually(lambda: agent.run("status").code == 0 and agent.pid != first["pid"])

    agent.ask("down")
    eventually(lambda: not agent.ask("service")["active"])
    assert agent.ask("service", "install")["amid"] == told["amid"]
    assert agent.ask("service", "uninstall")["was_installed"]
    assert not Path(told["file"]).exists()
    assert agent.run("status").code == 3
    assert not agent.ask("service", "uninstall")["was_installed"]
    assert agent.up()["amid"] == told["amid"]


def test_a_daemon_that_was_started_by_hand_goes_on_as_the_service(
    mesh: Mesh, systemd: dict[str, str]
) -> None:
    agent = mesh.agent('by "hand" 100%')
    agent.environment.update(systemd)
    by_hand = agent.pid
    assert agent.ask("service", "install")["amid"] == agent.amid
    assert agent.pid != by_hand
    assert agent.ask("service", "status")["pid"] == agent.pid
    agent.ask("service", "uninstall")


def test_a_service_gets_its_passphrase_as_a_credential(
    mesh: Mesh, systemd: dict[str, str], tmp_path: Path
) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse\n")
    agent = newcomer(mesh, "sealed", systemd)
    agent.home.mkdir(mode=0o700)
    (agent.home / "config.json").write_text('{"key_storage": "passphrase"}')
    secret.chmod(0o644)
    given = ("--passphrase-file", secret)
    assert agent.fails(2, "service", "install", *given)["code"] == "passphrase_not_private"
    secret.chmod(0o600)
    assert agent.ask("service", "install", *given)["started"]
    agent.ask("service", "uninstall")
    assert agent.fails(8, "service", "install")["code"] == "service_start_failed"
    assert not agent.ask("service", "status")["installed"]


@pytest.mark.usefixtures("systemd")
def test_where_the_manager_does_not_answer_it_says_so(mesh: Mesh, tmp_path: Path) -> None:
    agent = mesh.newcomer("alone")
    agent.environment.update(XDG_RUNTIME_DIR=str(tmp_path), DBUS_SESSION_BUS_ADDRESS="unix:path=/x")
    error = agent.fails(75, "service", "install")
    assert error["code"] == "service_manager_unreachable"
    assert "XDG_RUNTIME_DIR" in error["hint"]
