"""Two daemons with one home."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from agentmesh.observability.checkup.twins import twins


def test_two_daemons_of_one_home_are_seen(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "input()", "-m", "agentmesh.daemon"]
    with ExitStack() as stack:
        for home in (tmp_path, tmp_path, tmp_path / "another"):
            environment = {**os.environ, "AGENTMESH_HOME": str(home)}
            stack.enter_context(
                subprocess.Popen(program, stdin=subprocess.PIPE, text=True, env=environment)
            )
        (found,) = twins(tmp_path)
        assert twins(tmp_path / "another") == []
    assert found.finding.id == "two_daemons"
    assert twins(tmp_path) == []
