"""Measure AgentMesh on this machine: `python -m benchmarks.agentmesh_pair`.

Relay, registry, a daemon for each agent and the agents are processes of their own on loopback, all
on their embedded defaults: every message is on disk, at the sender and at the receiver, before it
counts. Only the limits are raised, as they are for everybody who is measured.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import plan
from benchmarks.processes import free_port, line, process, wait_for_port

BIN = Path(sys.executable).parent
CALL_TIMEOUT = 30.0
RUN_TIMEOUT = 300.0
LIMITLESS = "1000000"
MOST = "10000"  # the policy's own highest number
RELAY_LIMITS = tuple(
    part
    for kind in ("messages", "knocks", "bulk-mib")
    for part in (f"--{kind}-per-minute", LIMITLESS)
)
POLICY = {
    "consent": "policy",  # its owner approves at once, as everybody's owner here does
    "rate_limit.messages_per_minute": MOST,
    "rate_limit.knocks_per_minute": MOST,
}


def call(home: Path, *arguments: str) -> dict[str, Any]:
    """Return what `agentmesh ARGUMENTS --json` says in this home."""
    command = [str(BIN / "agentmesh"), *arguments, "--json"]
    run = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        text=True,
        timeout=CALL_TIMEOUT,
        env={"AGENTMESH_HOME": str(home), "PATH": str(BIN), "HOME": str(home)},
    )
    answer: dict[str, Any] = json.loads(run.stdout or '{"ok": false}')
    return answer


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Run a registry; yields its URL."""
    port = free_port()
    command = [str(BIN / "agentmesh-registry"), "--listen", f"127.0.0.1:{port}"]
    kept = ["--database", f"sqlite:///{folder / 'registry.db'}"]
    with process([*command, *kept], folder / "registry.log"):
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def services(folder: Path) -> Iterator[dict[str, str]]:
    """Run a relay and a registry; yields the settings that lead to them."""
    port = free_port()
    command = [str(BIN / "agentmesh-relay"), "--listen", f"127.0.0.1:{port}", *RELAY_LIMITS]
    with (
        process([*command, "--data", str(folder / "relay")], folder / "relay.log"),
        registry(folder) as registry_url,
    ):
        wait_for_port(port)
        yield {
            "AGENTMESH_RELAY_URL": f"ws://127.0.0.1:{port}",
            "AGENTMESH_REGISTRY_URL": registry_url,
        }


@contextmanager
def daemon(home: Path, settings: dict[str, str]) -> Iterator[str]:
    """Run a daemon with fresh keys; yields its AMID once it is connected."""
    home.mkdir(mode=0o700)
    variables = settings | {"AGENTMESH_HOME": str(home)}
    with process([sys.executable, "-m", "agentmesh.daemon"], home.with_suffix(".log"), **variables):
        amid = _connected(home)
        for key, value in POLICY.items():
            if not call(home, "policy", "set", key, value).get("ok"):
                raise RuntimeError(f"the policy was not set: {key}")
        yield amid


def _connected(home: Path) -> str:
    deadline = time.monotonic() + CALL_TIMEOUT
    while time.monotonic() < deadline:
        status = call(home, "status")
        if status.get("ok") and status["relay"]["state"] == "connected":
            return str(status["amid"])
        time.sleep(0.1)
    raise RuntimeError(f"the daemon did not connect: see {home.with_suffix('.log')}")


def measure() -> dict[str, float]:
    """Return the figures of one run."""
    agent = [sys.executable, "-m", "benchmarks.agentmesh_agent"]
    with tempfile.TemporaryDirectory(prefix="agentmesh-") as name, ExitStack() as stack:
        folder = Path(name)
        settings = stack.enter_context(services(folder))
        answering = [folder / name for name in ("bob", "carol")]
        peers = [stack.enter_context(daemon(home, settings)) for home in answering]
        homes = [folder / f"alice{number}" for number in range(plan.CONTACTS)]
        for home in homes:
            stack.enter_context(daemon(home, settings))
        log = folder / "agents.log"
        for home in answering:
            stack.enter_context(process([*agent, "answer", str(home)], log))
        asking = stack.enter_context(process([*agent, "ask", *peers, *map(str, homes)], log))
        found: dict[str, float] = json.loads(line(asking, RUN_TIMEOUT))
    return found


if __name__ == "__main__":
    print(json.dumps({"name": "agentmesh", **measure()}))
