"""A home whose daemon answers as the test says, and a command line to use it with."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agentmesh.cli.main import run
from tests.support.control_server import Script, serving


class Said(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        answer: dict[str, Any] = json.loads(self.out)
        assert self.out.count("\n") == 1
        return answer


class Shell:
    """Runs commands in a home."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._capsys = capsys

    def __call__(self, *arguments: str, **setting: Any) -> Said:
        environment = {"AGENTMESH_HOME": str(self.home)}
        code = run(list(arguments), **{"environment": environment, **setting})
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return Said(code, out, err)


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A command line without a daemon."""
    return Shell(tmp_path, capsys)


@pytest.fixture
def mesh(shell: Shell, script: Script) -> Iterator[Shell]:
    """A command line with a daemon that follows `script`."""
    with serving(shell.home, script):
        yield shell
