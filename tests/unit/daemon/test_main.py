"""The daemon's process, where the machine lets it down."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("blocks", ["0", "1"])
def test_a_disk_that_takes_nothing_is_a_sentence(tmp_path: Path, blocks: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'ulimit -f {blocks}; exec "$0" -m agentmesh.daemon', sys.executable],
        env={**os.environ, "AGENTMESH_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 8
    (told,) = [it for it in done.stderr.splitlines() if it.startswith("agentmesh: ")]
    assert str(tmp_path / "home") in told
    assert "Traceback" not in done.stderr
