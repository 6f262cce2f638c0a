"""A letter from node to node beside one on a single node: `python -m benchmarks.cluster [--quick]`.

All that serves has one core, the load generator the other: a single relay alone on its core, then
both nodes and NATS together on it. What two machines would do follows from the CPU time of the
nodes: half of the letters go each way, so each node's core has half of what both spend.
"""

import contextlib
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import machine, relays
from benchmarks.agentmesh_pair import RELAY_LIMITS
from benchmarks.peers import nats
from benchmarks.processes import free_port, line, process, wait_for_port
from benchmarks.relays import PATH, ROOT, Server, pinned

ROUNDS, SECONDS, QUICK = 5, 3.0, (2, 1.0)
TIMEOUT = 120.0
DEPTHS = (1, 16)
Found = dict[str, float]


class Nodes(NamedTuple):
    """Two relays of one name, and what is between them."""

    east: Server
    west: Server
    between: Server


@contextlib.contextmanager
def nodes(folder: Path) -> Iterator[Nodes]:
    """Run them all."""
    with contextlib.ExitStack() as stack:
        port = free_port()
        settings = [
            "-c",
            str(ROOT / "services/relay/nats.conf"),
            "-a",
            "127.0.0.1",
            "-p",
            str(port),
        ]
        command = pinned([nats.program(), *settings, "-sd", str(folder / "nats")])
        server = stack.enter_context(process(command, folder / "nats.log"))
        wait_for_port(port)
        found = [stack.enter_context(_node(folder / name, port)) for name in ("east", "west")]
        yield Nodes(*found, Server(f"127.0.0.1:{port}", server.pid))


@contextlib.contextmanager
def _node(folder: Path, nats_port: int) -> Iterator[Server]:
    command = [sys.executable, "-m", "agentmesh_relay", "--listen", "127.0.0.1:0", *RELAY_LIMITS]
    command += ["--messages-per-minute", relays.LIMITLESS, "--data", str(folder)]
    command += ["--origin", "ws://relay.bench", "--nats", f"nats://127.0.0.1:{nats_port}"]
    command += ["--connections-per-address", relays.LIMITLESS]
    with process(pinned(command), folder.with_suffix(".log"), PYTHONPATH=PATH) as running:
        yield Server(line(running).removeprefix("listening on "), running.pid)


def _load(server: Server, log: Path, **more: object) -> Found:
    core = relays.LOAD_CORE if relays.has_two_cores() else None
    question = {"kind": "agentmesh", "address": server.address, "server": server.process}
    with relays.python(
        ["benchmarks.load.rate", json.dumps({**question, "core": core, **more})], log
    ) as running:
        found: Found = json.loads(line(running, TIMEOUT))
    return found


def measure(folder: Path, rounds: int, seconds: float) -> Found:
    """Return the medians of everything."""
    found: dict[str, list[float]] = defaultdict(list)
    log = folder / "load.log"
    with relays.agentmesh(folder / "alone") as alone, nodes(folder) as several:
        across = {
            "receivers": several.west.address,
            "also": (several.west.process, several.between.process),
        }
        for number in range(rounds):
            _note(f"round {number + 1} of {rounds}")
            for depth in DEPTHS:
                asked = {"in_flight": depth, "seconds": seconds}
                single = _load(alone, log, **asked)
                cross = _load(several.east, log, **asked, **across)
                found[f"single_per_s_w{depth}"].append(single["per_second"])
                found[f"across_per_s_w{depth}"].append(cross["per_second"])
                found[f"single_cpu_us_w{depth}"].append(single["cpu_us_a_message"])
                found[f"east_cpu_us_w{depth}"].append(cross["cpu_us_a_message"])
                found[f"west_cpu_us_w{depth}"].append(cross["cpu_us_0"])
                found[f"nats_cpu_us_w{depth}"].append(cross["cpu_us_1"])
            few = {"is_round_trip": True, "seconds": seconds, "pairs": 2}
            single, cross = _load(alone, log, **few), _load(several.east, log, **few, **across)
            found["single_rtt_p50_ms"].append(single["rtt_p50_ms"])
            found["across_rtt_p50_ms"].append(cross["rtt_p50_ms"])
    return {name: statistics.median(values) for name, values in found.items()}


def figures(found: Found) -> Found:
    """Return what has goals."""
    shares = {}
    for depth in DEPTHS:
        both = found[f"east_cpu_us_w{depth}"] + found[f"west_cpu_us_w{depth}"]
        single = found[f"single_per_s_w{depth}"]
        shares[f"ratio_one_core_w{depth}"] = found[f"across_per_s_w{depth}"] / single
        shares[f"ratio_two_machines_w{depth}"] = 2 * found[f"single_cpu_us_w{depth}"] / both
    return {
        **shares,
        "rtt_ratio": found["across_rtt_p50_ms"] / found["single_rtt_p50_ms"],
    }


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Measure, and print a table and a line of JSON."""
    rounds, seconds = QUICK if "--quick" in sys.argv else (ROUNDS, SECONDS)
    with tempfile.TemporaryDirectory(prefix="agentmesh-cluster-") as folder:
        found = measure(Path(folder), rounds, seconds)
    print(machine.description())
    for name, value in sorted(found.items()):
        print(f"{name:24} {value:12.2f}")
    print(json.dumps({name: round(value, 2) for name, value in figures(found).items()}))


if __name__ == "__main__":
    main()
