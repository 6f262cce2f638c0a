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
from agentmesh.daemon.assemble import DATABASE, KEYS
from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.protocol.ids import SessionId, amid_of
from agentmesh.session import snapshot
from agentmesh.storage.interface import Put, SessionRow
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.sqlite import SqliteStore
from benchmarks import machine
from benchmarks.agentmesh_pair import call
from benchmarks.cli import START_TIMEOUT, daemon
from tests.support.session_states import examples

MANY = 1000
ROUNDS = 30
GOAL = 2.0


async def write_sessions(home: Path, count: int) -> None:
    """Make a home in which so many sessions are open, each with another peer."""
    home.mkdir(mode=0o700)
    (home / "config.json").write_text('{"key_storage": "file"}')
    means = Means(clock=SystemClock(), entropy=system_entropy)
    keys = KeyFiles(home / KEYS, means).ensure("file")
    state, now = snapshot.save(examples()["Open"].state), SystemClock().now()
    async with SqliteStore(home / DATABASE, keys.vault(system_entropy)) as store:
        await store.commit([Put(_session(number, state, now)) for number in range(count)])


def _session(number: int, state: bytes, now: float) -> SessionRow:
    return SessionRow(
        session_id=SessionId(f"0190a0a0-0000-7000-8000-{number:012d}"),
        peer=amid_of(number.to_bytes(32, "big")),
        ours=False,
        category="travel",
        kind="conversation",
        phase="open",
        state=state,
        opened_at=now,
        updated_at=now,
        expires_at=now + 86400,
    )


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
