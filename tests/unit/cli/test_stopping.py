"""`emergency-stop`: with a daemon, with one that is too busy, and with none."""

import pytest

from agentmesh.cli import stopping
from agentmesh.control import answers, calls
from agentmesh.control.stop_flag import StopFlag
from agentmesh.errors import TransportError
from tests.support.control_server import Script
from tests.unit.cli.conftest import Shell

DONE = answers.EmergencyStopped(
    kept=["memory", "flag", "store"], sessions_ended=2, complete=True, stop_hook="running"
)


def test_everything_is_stopped_and_how_it_goes_on_is_said(mesh: Shell, script: Script) -> None:
    script.answers["emergency_stop"] = DONE
    said = mesh("emergency-stop")
    assert said.code == 0
    assert "2 sessions ended" in said.out
    assert "Your stop hook runs." in said.out
    assert "agentmesh resume --confirm RESUME" in said.out
    assert script.asked[0][1] == calls.EmergencyStop()
    document = mesh("emergency-stop", "--json").document
    assert (document["kept"], document["daemon"]) == (["memory", "flag", "store"], True)


def test_what_only_the_memory_holds_is_said_aloud(mesh: Shell, script: Script) -> None:
    script.answers["emergency_stop"] = answers.EmergencyStopped(
        kept=["memory"], sessions_ended=0, complete=False, stop_hook="none"
    )
    assert "could NOT be kept" in mesh("emergency-stop").out


def test_without_a_daemon_the_next_start_stays_stopped(shell: Shell) -> None:
    said = shell("emergency-stop", "--json")
    assert (said.code, said.document["daemon"]) == (0, False)
    assert StopFlag(shell.home).is_up()


def test_a_daemon_that_is_too_busy_sees_the_flag(
    mesh: Shell, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.answers["emergency_stop"] = TransportError("too_many_connections")
    monkeypatch.setattr(stopping, "SEEN_SECONDS", 0.1)
    said = mesh("emergency-stop", "--json")
    assert said.document["error"]["code"] == "too_many_connections"
    StopFlag(mesh.home).acknowledge()
    assert mesh("emergency-stop", "--json").document["kept"] == ["flag"]


def test_where_no_flag_can_be_put_up_somebody_is_told(shell: Shell) -> None:
    (shell.home / "run").write_text("in the way")
    assert shell("emergency-stop", "--json").code != 0
