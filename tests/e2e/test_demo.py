"""`agentmesh demo`, as somebody runs it who has just installed it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.processes import start


def leftovers(folder: Path) -> list[str]:
    """Return the command lines of processes that still work in a directory of ours."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() + b"/agentmesh-" in text:
            found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


@pytest.fixture
def folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="demo"))


def test_the_demo_shows_everything_and_leaves_nothing(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agentmesh.cli", "demo", "--json"],
        capture_output=True,
        timeout=100,
        env={**os.environ, "TMPDIR": str(folder)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    kinds = [sighting["kind"] for sighting in answer["relay_saw"]]
    assert kinds.index("knock") < kinds.index("accept") < kinds.index("message")
    assert list(folder.iterdir()) == []
    assert leftovers(folder) == []


def test_a_demo_that_is_interrupted_cleans_up(folder: Path) -> None:
    demo = start("agentmesh.cli", "demo", env={"TMPDIR": str(folder)})
    try:
        demo.said("Alice -> Bob")
        demo.process.send_signal(signal.SIGINT)
        assert demo.ended() == 130
    finally:
        demo.kill()
    assert list(folder.iterdir()) == []
    assert leftovers(folder) == []
