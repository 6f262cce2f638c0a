"""A program of ours is told the home, is heard, and is not waited for without end."""

import subprocess
from pathlib import Path

import pytest

from agentmesh.cli import programs
from agentmesh.cli.desk import Desk


def program(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(programs.starting, "command_line", lambda *_: list(words))


def desk(home: Path) -> Desk:
    return Desk(as_json=True, environment={"AGENTMESH_HOME": str(home)})


def test_it_is_told_the_home_and_heard_whatever_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(monkeypatch, "/bin/sh", "-c", 'echo "$AGENTMESH_HOME $GIVEN"; exit 3')
    said = programs.said_by(desk(tmp_path), "x", (), 10, {"GIVEN": "this"})
    assert said == f"{tmp_path} this\n".encode()


def test_it_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program(monkeypatch, "/bin/sleep", "60")
    with pytest.raises(subprocess.TimeoutExpired):
        programs.said_by(desk(tmp_path), "x", (), 0.05)
