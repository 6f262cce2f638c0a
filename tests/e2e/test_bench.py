"""`agentmesh bench`, run whole and interrupted."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.e2e.test_demo import leftovers
from tests.support.processes import start

SHORT = ("--messages", "50", "--round-trips", "5")


@pytest.fixture
def folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="bench"))


def test_it_measures_what_really_arrived_and_leaves_nothing(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agentmesh.cli", "bench", "--json", *SHORT],
        capture_output=True,
        timeout=100,
        env={**os.environ, "TMPDIR": str(folder), "AGENTMESH_HOME": str(folder / "own")},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert found["one_way"]["messages"] == 50
    assert 0 < found["round_trip"]["min_ms"] <= found["round_trip"]["p50_ms"]
    assert found["first_contact_ms"] > 0
    assert list(folder.iterdir()) == [], "and one's own agent is not touched"
    assert leftovers(folder) == []


def test_a_bench_that_is_interrupted_cleans_up(folder: Path) -> None:
    bench = start("agentmesh.cli", "bench", "--messages", "5000", env={"TMPDIR": str(folder)})
    try:
        bench.said("Measuring")
        bench.process.send_signal(signal.SIGINT)
        assert bench.ended() == 130
    finally:
        bench.kill()
    assert list(folder.iterdir()) == []
    assert leftovers(folder) == []
