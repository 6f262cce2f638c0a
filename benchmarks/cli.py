"""A cold `agentmesh status --json` beside the bare interpreter: `python -m benchmarks.cli`.

A daemon runs in a home of its own, without relay or registry: what is measured is the command.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.agentmesh_pair import BIN, call
from benchmarks.processes import Process, process

RUNS = 20
START_TIMEOUT = 30.0


def taken_ms(command: Sequence[str], home: Path) -> float:
    """Return how long the command takes from its start to its end."""
    environment = os.environ | {"AGENTMESH_HOME": str(home)}
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment, timeout=START_TIMEOUT)
    return (time.perf_counter() - started) * 1000


def daemon(home: Path) -> AbstractContextManager[Process]:
    """Run a daemon that knows no relay and no registry."""
    nowhere = {
        "AGENTMESH_RELAY_URL": "ws://127.0.0.1:9",
        "AGENTMESH_REGISTRY_URL": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "agentmesh.daemon"]
    return process(command, home.with_suffix(".log"), AGENTMESH_HOME=str(home), **nowhere)


def measure() -> dict[str, float]:
    """Return the medians of both, measured in turns."""
    status = [str(BIN / "agentmesh"), "status", "--json"]
    bare = [sys.executable, "-c", "pass"]
    found: dict[str, list[float]] = {"status_ms": [], "python_ms": []}
    with tempfile.TemporaryDirectory(prefix="agentmesh-") as name:
        home = Path(name) / "home"
        home.mkdir(mode=0o700)
        with daemon(home):
            deadline = time.monotonic() + START_TIMEOUT
            while not call(home, "status").get("ok"):
                if time.monotonic() > deadline:
                    raise RuntimeError("the daemon does not answer")
                time.sleep(0.1)
            for _ in range(RUNS):
                found["python_ms"].append(taken_ms(bare, home))
                found["status_ms"].append(taken_ms(status, home))
    medians = {name: statistics.median(values) for name, values in found.items()}
    return medians | {"ratio": medians["status_ms"] / medians["python_ms"]}


def main() -> None:
    """Measure and print."""
    found = measure()
    if "--json" in sys.argv:
        print(json.dumps(found))
        return
    print(f"agentmesh status --json   {found['status_ms']:7.1f} ms   median of {RUNS}, cold")
    print(f"python -c pass            {found['python_ms']:7.1f} ms")
    print(f"ratio                     {found['ratio']:7.2f}")


if __name__ == "__main__":
    main()
