"""A benchmark that nobody starts breaks unseen: both that use our own code run a little."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
A_LITTLE = {"BENCH_FLOOD": "300", "BENCH_PINGS": "3", "BENCH_CONTACTS": "1"}


@pytest.mark.parametrize("module", ["benchmarks.floor.pair", "benchmarks.agentmesh_pair"])
def test_the_plan_is_carried_out(module: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=os.environ | A_LITTLE,
        capture_output=True,
        check=False,
        text=True,
        timeout=90,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    figures = {name: value for name, value in found.items() if name != "name"}
    assert figures
    assert all(value > 0 for value in figures.values()), found
