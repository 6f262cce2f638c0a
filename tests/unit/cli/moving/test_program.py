"""The program that moves a home in."""

import os
import sys
from pathlib import Path

import pytest

from agentmesh.cli.desk import Desk
from agentmesh.cli.moving import program
from agentmesh.errors import AgentMeshError, TimedOut, UsageError

REFUSAL = '{"error": {"code": "home_not_empty", "message": "No.", "hint": "", "kind": "usage"}}'


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(as_json=True, environment={**os.environ, "AGENTMESH_HOME": str(tmp_path)})


def says(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(
        program.starting, "command_line", lambda module, arguments: [sys.executable, "-c", code]
    )


def test_its_report_is_returned_and_its_error_raised(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, 'print(\'{"amid": "x"}\')')
    assert program.run(desk, []) == {"amid": "x"}
    says(monkeypatch, f"print({REFUSAL!r})")
    with pytest.raises(UsageError) as caught:
        program.run(desk, [])
    assert caught.value.code == "home_not_empty"


def test_one_that_fails_or_hangs_is_no_traceback(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, "raise SystemExit(1)")
    with pytest.raises(AgentMeshError):
        program.run(desk, [])
    says(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(program, "SECONDS", 0.05)
    with pytest.raises(TimedOut):
        program.run(desk, [])
