"""Measure files between two AgentMesh daemons: `python -m benchmarks.agentmesh_files`.

Relay, registry and both daemons are processes on loopback, on their embedded defaults; sent is with
the command. A file counts when it is on the receiver's disk, its hash is right, and the sender
knows. Only the relay's rate is raised, and the receiver's owner takes files unasked.
"""

import json
import tempfile
import time
from pathlib import Path

from benchmarks import file_plan
from benchmarks.agentmesh_pair import call, daemon, services

WAIT_SECONDS = "25"
RULES = {"files.accept": "everybody", "files.max_bytes": str(2**40)}
QUARANTINE = Path("files", "quarantine")


def measure() -> dict[str, float]:
    """Return the figures of one run, and the most memory that each daemon ever had."""
    with tempfile.TemporaryDirectory(prefix="agentmesh-") as name:
        folder = Path(name)
        alice, bob = folder / "alice", folder / "bob"
        with (
            services(folder) as settings,
            daemon(bob, settings) as peer,
            daemon(alice, settings),
        ):
            for key, value in RULES.items():
                call(bob, "policy", "set", key, value)

            def carry(path: Path, _: int) -> float:
                return _carry(alice, bob, peer, path)

            found = file_plan.figures(folder, carry)
            peaks = {f"{home.name}_peak_mib": peak_mib(home) for home in (alice, bob)}
    return {**found, **peaks}


def _carry(alice: Path, bob: Path, peer: str, path: Path) -> float:
    started = time.monotonic()
    told = call(alice, "send", peer, "--file", str(path), "--wait", WAIT_SECONDS)
    while told.get("timed_out") or told.get("file", {}).get("state") == "moving":
        file_id = told.get("transfer_id") or told["file"]["transfer_id"]
        told = call(alice, "files", "show", file_id, "--wait", WAIT_SECONDS)
    seconds = time.monotonic() - started
    (landed,) = (bob / QUARANTINE).iterdir()
    if not file_plan.is_same(path, landed):
        raise RuntimeError(f"the file did not arrive: {told}")
    landed.unlink()
    return seconds


def peak_mib(home: Path) -> float:
    """Return the most memory that the daemon of a home had at once."""
    pid = call(home, "status")["daemon"]["pid"]
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(peak) / 1024


if __name__ == "__main__":
    print(json.dumps({"name": "agentmesh", **measure()}))
