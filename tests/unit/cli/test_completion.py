"""completion: real shells ask, and get names."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agentmesh.cli.main import COMMANDS
from tests.unit.cli.conftest import Shell

PROGRAM = f"{sys.executable} -m agentmesh.cli"


def asked(words: str, number: int) -> list[str]:
    """Return what bash is told after these words."""
    environment = {
        **os.environ,
        "_AGENTMESH_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(number),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "agentmesh.cli"],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert "Traceback" not in ended.stderr
    return [line.removeprefix("plain,") for line in ended.stdout.splitlines()]


def test_help_has_a_line_for_each_shell(shell: Shell) -> None:
    said = shell("completion", "--help").out
    for kind in ("bash", "zsh", "fish"):
        install = shell("completion", kind, "--json").document["install"]
        assert re.search(rf"^  {kind} +{re.escape(install)}$", said, re.MULTILINE)


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell: Shell, kind: str) -> None:
    said = shell("completion", kind)
    assert said.code == 0
    assert "_AGENTMESH_COMPLETE" in said.out
    document = shell("completion", kind, "--json").document
    assert document["script"] in said.out
    assert "agentmesh completion" in document["install"]


def test_another_shell_has_none(shell: Shell) -> None:
    assert shell("completion", "tcsh", "--json").document["error"]["code"] == "usage_error"


@pytest.mark.slow
def test_names_and_options_are_completed() -> None:
    assert asked("agentmesh net", 1) == ["netcheck"]
    assert asked("agentmesh ", 1) == list(COMMANDS)
    assert asked("agentmesh netcheck --re", 2) == ["--relay", "--registry"]
    assert asked("agentmesh nonsense --re", 2) == []


@pytest.mark.slow
def test_no_command_is_loaded_for_its_name() -> None:
    program = (
        "import os, sys;"
        "os.environ |= {'_AGENTMESH_COMPLETE': 'zsh_complete', 'COMP_WORDS': 'agentmesh',"
        " 'COMP_CWORD': '1'};"
        "from agentmesh.cli.main import _completed;"
        "code = _completed();"
        "print(code, [it for it in sys.modules if it.startswith('agentmesh.cli.checkup')],"
        " file=sys.stderr)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stderr == "0 []\n"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_takes_the_script() -> None:
    lines = (
        f"source <({PROGRAM} completion bash)",
        "COMP_WORDS=(agentmesh bugr)",
        "COMP_CWORD=1",
        "_agentmesh_completion agentmesh",
        'echo "${COMPREPLY[@]}"',
    )
    script = "\n".join(lines)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path}
    said = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True, env=environment
    )
    assert said.stdout == "bugreport\n"
