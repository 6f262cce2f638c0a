"""The daemon's process, where the machine lets it down."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentmesh.daemon.process import _tell

SEARCHED = """
import gc
from agentmesh.daemon.process import _make_way

_make_way()
print(len(gc.get_objects()))
"""


@pytest.mark.slow
@pytest.mark.parametrize("blocks", ["0", "1"])
def test_a_disk_that_takes_nothing_is_a_sentence(tmp_path: Path, blocks: str) -> None:
    # Python 3.11 takes half-written bytecode for whole, and would have it for all who come later.
    env = {**os.environ, "AGENTMESH_HOME": str(tmp_path / "home"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        ["sh", "-c", f'ulimit -f {blocks}; exec "$0" -m agentmesh.daemon', sys.executable],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 8
    (told,) = [it for it in done.stderr.splitlines() if it.startswith("agentmesh: ")]
    assert str(tmp_path / "home") in told
    assert "Traceback" not in done.stderr


def test_who_waited_hears_one_line() -> None:
    read, write = os.pipe()
    _tell(write, {"ready": True})
    with os.fdopen(read, "rb") as pipe:
        assert pipe.read() == b'{"ready":true}\n'


def test_who_gave_up_waiting_ends_nothing() -> None:
    read, write = os.pipe()
    os.close(read)
    _tell(write, {"ready": True})
    _tell(None, {"ready": True})


@pytest.mark.slow
def test_the_collector_does_not_search_what_was_loaded() -> None:
    run = subprocess.run([sys.executable, "-c", SEARCHED], capture_output=True, check=True)
    assert int(run.stdout) < 1000
