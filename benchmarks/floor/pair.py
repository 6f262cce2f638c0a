"""Measure the floor on this machine: `python -m benchmarks.floor.pair`.

Three processes, of which two answer, over a router that only routes. For each message they do what
the protocol asks for and nothing else: the session's own steps (both ratchets, signature, AEAD,
header MAC, sequence numbers), one commit of sealed rows with an fsync before anything leaves and
before anything is shown, and the receipt; for a first contact what it asks of a registry, by our
client of our registry. There is no policy, transcript, audit, control socket or command, and no
relay that checks, counts or keeps.
"""

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import agentmesh_pair
from benchmarks.floor.agent import ANSWERERS
from benchmarks.processes import free_port, line, process, wait_for_port

RUN_TIMEOUT = 300.0


def measure() -> dict[str, float]:
    """Return the figures of one run."""
    agent = [sys.executable, "-m", "benchmarks.floor.agent"]
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="floor-") as name, ExitStack() as stack:
        folder = Path(name)
        registry = stack.enter_context(agentmesh_pair.registry(folder))
        log, at = folder / "log", [str(folder), str(port), registry]
        router = [sys.executable, "-m", "benchmarks.peers.router", str(port)]
        stack.enter_context(process(router, log))
        wait_for_port(port)
        for answerer in ANSWERERS:
            line(stack.enter_context(process([*agent, answerer, *at], log)))
        asking = stack.enter_context(process([*agent, "ask", *at], log))
        found: dict[str, float] = json.loads(line(asking, RUN_TIMEOUT))
    return found


if __name__ == "__main__":
    print(json.dumps({"name": "floor", **measure()}))
