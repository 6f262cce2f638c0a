"""The command `dashboard`."""

import os
import stat
import sys
from pathlib import Path

import pytest

from agentmesh.cli import process
from agentmesh.cli.dashboard import REDIRECT
from agentmesh.cli.desk import Desk
from agentmesh.control import answers, calls
from agentmesh.errors import TransportError
from tests.support.control_server import Script, status
from tests.unit.cli.conftest import Shell

URL = "http://127.0.0.1:7777/#token=abc"
OPENED = answers.DashboardOpened(url=URL, scope="control", expires_at="2026-01-01T00:00:00.000Z")


@pytest.fixture
def desktop(tmp_path: Path) -> dict[str, str]:
    """An environment with a browser that writes down what it is started with."""
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/started\n')
    browser.chmod(0o700)
    path = os.environ["PATH"]
    return {"AGENTMESH_HOME": str(tmp_path), "DISPLAY": ":9", "BROWSER": str(browser), "PATH": path}


def test_where_there_is_no_desktop_the_address_is_printed(mesh: Shell, script: Script) -> None:
    script.answers["dashboard.open"] = OPENED
    said = mesh("dashboard", "--json")
    assert said.document == {
        "ok": True, "url": URL, "scope": "control", "expires_at": OPENED.expires_at,
        "opened": False,
    }  # fmt: skip
    assert URL in mesh("dashboard").out
    assert not (mesh.home / "run" / REDIRECT).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="its browser is a shell script")
def test_the_browser_is_led_there_by_a_file_of_the_owners_and_told_nothing(
    mesh: Shell, script: Script, desktop: dict[str, str]
) -> None:
    script.answers["dashboard.open"] = OPENED
    before = mesh.home / "run" / REDIRECT
    before.write_text("old")
    before.chmod(0o666)
    said = mesh("dashboard", "--json", environment=desktop)
    assert said.document["opened"] is True
    path = mesh.home / "run" / REDIRECT
    assert (mesh.home / "started").read_text().strip() == path.as_uri()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert f'content="0; url={URL}"' in path.read_text()


def test_a_link_in_the_place_of_the_file_leads_nowhere(
    mesh: Shell, script: Script, desktop: dict[str, str], tmp_path: Path
) -> None:
    script.answers["dashboard.open"] = OPENED
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    (mesh.home / "run" / REDIRECT).symlink_to(elsewhere)
    assert mesh("dashboard", environment=desktop).code == 0
    assert elsewhere.read_text() == "mine"


def test_no_open_opens_nothing(mesh: Shell, script: Script, desktop: dict[str, str]) -> None:
    script.answers["dashboard.open"] = OPENED
    assert mesh("dashboard", "--no-open", "--json", environment=desktop).document["opened"] is False
    assert not (mesh.home / "started").exists()


def test_port_and_scope_are_asked_for(mesh: Shell, script: Script) -> None:
    script.answers["dashboard.open"] = OPENED
    assert mesh("dashboard", "--port", "8000", "--view").code == 0
    _, request, permit = script.asked[-1]
    assert (request, permit) == (calls.DashboardOpen(scope="view", port=8000), "owner")


def test_it_can_be_closed(mesh: Shell, script: Script) -> None:
    script.answers["dashboard.close"] = answers.DashboardClosed(ended=2)
    assert mesh("dashboard", "--close", "--json").document == {"ok": True, "ended": 2}
    assert mesh("dashboard", "--close", "--view").code == 2


def shown_by_up(environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> str:
    process._show_dashboard(Desk(as_json=False, environment=environment))
    return capsys.readouterr().err


def test_up_shows_it_to_who_sits_at_a_desktop(
    mesh: Shell, script: Script, desktop: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    script.answers["dashboard.open"] = OPENED
    assert shown_by_up(desktop, capsys) == "Your browser shows the dashboard.\n"
    assert (mesh.home / "started").exists()


def test_up_names_the_command_where_it_cannot_be_shown(
    mesh: Shell, script: Script, desktop: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    named = "The dashboard: agentmesh dashboard\n"
    assert shown_by_up({**desktop, "DISPLAY": ""}, capsys) == named
    script.answers["dashboard.open"] = TransportError("port_taken", "Port 7777 is taken.")
    told = shown_by_up(desktop, capsys)
    assert told == f"The dashboard does not open: Port 7777 is taken.\n{named}"


def test_up_opens_nothing_where_nobody_sits(
    mesh: Shell, script: Script, desktop: dict[str, str]
) -> None:
    script.answers["status"] = status()
    for arguments in (("up",), ("up", "--json"), ("up", "--no-open")):
        assert mesh(*arguments, environment=desktop).code == 0
    assert "dashboard.open" not in {name for name, _, _ in script.asked}
