"""Measure the floor on this machine: `python -m benchmarks.floor.pair`.

Two processes over a router that only routes. For each message they do what the protocol asks for
and nothing else: the session's own steps (both ratchets, signature, AEAD, header MAC, sequence
numbers), one commit of sealed rows with an fsync before anything leaves and before anything is
shown, and the receipt. There is no policy, transcript, audit, control socket or command, and no
relay that checks, counts or keeps.
"""

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.processes import free_port, line, process, wait_for_port

RUN_TIMEOUT = 300.0


def measure() -> dict[str, float]:
    """Return the figures of one run. What a first contact asks of a registry is not in them."""
    agent = [sys.executable, "-m", "benchmarks.floor.agent"]
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="floor-") as name:
        folder = Path(name)
        log, at = folder / "log", [str(folder), str(port)]
        with process([sys.executable, "-m", "benchmarks.peers.router", str(port)], log):
            wait_for_port(port)
            with process([*agent, "answer", *at], log) as answering:
                line(answering)
                with process([*agent, "ask", *at], log) as asking:
                    found: dict[str, float] = json.loads(line(asking, RUN_TIMEOUT))
    return found


if __name__ == "__main__":
    print(json.dumps({"name": "floor", **measure()}))
