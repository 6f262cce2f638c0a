"""What `status` costs an agent with 1,000 live sessions: `python -m benchmarks.status`.

Beside one with as many as are shown at once, asked in turns over their control sockets. Pages ask
after every change, so it must not grow with the house.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from agentmesh.control import calls
from agentmesh.control.client import Client
from agentmesh.daemon.api.status import SHOWN_SESSIONS
from benchmarks import machine
from benchmarks.agentmesh_pair import call
from benchmarks.cli import START_TIMEOUT, daemon
from tests.support.full_house import write_sessions

MANY = 1000
ROUNDS = 30
GOAL = 2.0


def taken_ms(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def measure() -> dict[str, float]:
    """Return the medians of both, measured in turns."""
    taken: dict[str, list[float]] = {"few_ms": [], "many_ms": [], "sessions_ms": []}
    with tempfile.TemporaryDirectory(prefix="agentmesh-") as place, ExitStack() as stack:
        clients = []
        for count in (SHOWN_SESSIONS, MANY):
            home = Path(place) / f"home{count}"
            asyncio.run(write_sessions(home, count))
            stack.enter_context(daemon(home))
            until = time.monotonic() + START_TIMEOUT
            while not call(home, "status").get("ok"):
                if time.monotonic() > until:
                    raise RuntimeError("the daemon does not answer")
                time.sleep(0.1)
            clients.append(stack.enter_context(Client(home)))
        few, many = clients
        assert many.call(calls.Status()).sessions_total == MANY
        for _ in range(ROUNDS):
            taken["few_ms"].append(taken_ms(lambda: few.call(calls.Status())))
            taken["many_ms"].append(taken_ms(lambda: many.call(calls.Status())))
            taken["sessions_ms"].append(taken_ms(lambda: many.call(calls.Sessions(limit=MANY))))
    return {name: statistics.median(values) for name, values in taken.items()}


def main() -> int:
    """Print the figures; tell by the exit code whether the goal is met."""
    found = measure()
    found["ratio"] = found["many_ms"] / found["few_ms"]
    print(json.dumps({name: round(value, 2) for name, value in found.items()}))
    print(machine.description())
    return 0 if found["ratio"] <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
