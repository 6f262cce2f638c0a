"""One look at everything around a home."""

from pathlib import Path

import pytest

from agentmesh.observability.checkup import home, machine
from agentmesh.observability.checkup.around import look_around
from tests.unit.observability.checkup.test_machine import QUIET


def test_machine_home_and_other_programs_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "surroundings", lambda: QUIET._replace(is_root=True))
    monkeypatch.setattr(home, "place", lambda directory: [])
    state = tmp_path / "openclaw"
    state.mkdir()
    settings = '{"plugins": {"entries": {"agentmesh": {}}}}'
    (state / "openclaw.json").write_text(settings)
    directory = tmp_path / "home"
    directory.mkdir(mode=0o755)
    found = look_around(directory, {"OPENCLAW_STATE_DIR": str(state)})
    ids = [it.finding.id for it in found]
    assert ids == ["running_as_root", "directory_open", "agent_runs_commands"]


def test_without_a_home_there_is_less_to_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "surroundings", lambda: QUIET)
    found = look_around(tmp_path / "none", {"OPENCLAW_STATE_DIR": str(tmp_path)})
    assert [it.finding.id for it in found] == ["no_home"]
