"""rotate."""

import pytest

from agentmesh.cli import rotate
from agentmesh.control import answers, calls
from tests.support import control_server
from tests.support.control_server import ALICE, BOB, Script
from tests.unit.cli.conftest import Shell


def test_it_waits_until_the_daemon_is_back(mesh: Shell, script: Script) -> None:
    script.answers["rotate"] = answers.Rotated(amid=BOB, successor=ALICE, published=True)
    script.answers["status"] = control_server.status()
    said = mesh("rotate", "--confirm", BOB, "--note", "A new machine.")
    assert said.code == 0
    assert f"{ALICE} has taken the place of {BOB}" in said.out
    assert f"agentmesh contacts follow {BOB}" in said.out
    assert script.asked[0][1] == calls.Rotate(confirm=BOB, note="A new machine.")


def test_a_daemon_that_does_not_come_back_is_said(
    mesh: Shell, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotate, "BACK_SECONDS", 0.0)
    script.answers["rotate"] = answers.Rotated(amid=ALICE, successor=BOB, published=True)
    script.answers["status"] = control_server.status()
    said = mesh("rotate", "--confirm", ALICE, "--json")
    assert said.document["error"]["code"] == "daemon_not_back"


def test_one_that_waits_for_the_registry_is_said(mesh: Shell, script: Script) -> None:
    script.answers["rotate"] = answers.Rotated(amid=BOB, successor=ALICE, published=False)
    said = mesh("rotate", "--confirm", BOB)
    assert said.code == 0
    assert "as soon as the registry answers" in said.out
