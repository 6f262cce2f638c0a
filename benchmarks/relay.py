"""The relay under load, beside others: `python -m benchmarks.relay [--quick] [--json]`.

Relay and load generator have a core each. Who is compared runs in turns in the same minutes;
medians over the rounds. The last line is JSON: the ratios and figures that have goals.
"""

import contextlib
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import machine, relays
from benchmarks.load.descriptors import raise_limit
from benchmarks.processes import line, process
from benchmarks.relays import Server
from tests.support.certificates import certificate

RUN_TIMEOUT = 600.0
SIZES, IN_FLIGHT = (256, 4096), (1, 16)
BEST = (256, 16)

Found = dict[str, float]
Case = tuple[str, int, int]
"""Who, the size of a message, and how many are under way for each pair."""


class Plan(NamedTuple):
    """How long and how much."""

    rounds: int
    seconds: float
    crowd: int
    talk_beside: int
    recipients: int


FULL = Plan(rounds=5, seconds=3.0, crowd=10_000, talk_beside=9_500, recipients=1000)
QUICK = Plan(rounds=2, seconds=1.0, crowd=1000, talk_beside=950, recipients=100)

GOALS: Mapping[str, tuple[str, float]] = {
    "ratio_to_openclaw_p2p": (">=", 6),
    "ratio_to_nats": (">=", 0.5),
    "queued_per_s": (">=", 20_000),
    "drained_per_s": (">=", 15_000),
    "kib_per_idle_connection": ("<=", 16),
    "kib_per_idle_connection_tls": ("<=", 45),
    "loaded_rate_with_9500_idle": (">=", 0.95),
}


def _asked(module: str, question: Mapping[str, object], log: Path) -> Found:
    with relays.python([module, json.dumps(question)], log) as running:
        found: Found = json.loads(line(running, RUN_TIMEOUT))
    return found


def _load(server: Server, log: Path, **more: object) -> Found:
    core = relays.LOAD_CORE if relays.has_two_cores() else None
    question = {"address": server.address, "server": server.process, "core": core, **more}
    return _asked("benchmarks.load.rate", question, log)


def rates(plan: Plan, folder: Path) -> dict[Case, Found]:
    """Return everybody's medians, in each size and depth."""
    rounds: dict[Case, list[Found]] = defaultdict(list)
    log = folder / "load.log"
    with (
        relays.agentmesh(folder / "relay") as ours,
        relays.openclaw(folder / "openclaw") as openclaw,
        relays.nats_server(folder / "nats") as nats,
        relays.router(folder / "router") as router,
    ):
        everybody = {
            "agentmesh": ours,
            "openclaw": openclaw,
            "openclaw-deflate": openclaw,
            "nats": nats,
            "router": router,
        }
        for number in range(plan.rounds):
            for size in SIZES:
                for depth in IN_FLIGHT:
                    _note(f"round {number + 1} of {plan.rounds}: {size} B, {depth} in flight")
                    for kind, server in everybody.items():
                        with_kind = {"kind": kind, "size": size, "in_flight": depth}
                        found = _load(server, log, seconds=plan.seconds, **with_kind)
                        rounds[kind, size, depth].append(found)
            trips = _load(ours, log, kind="agentmesh", seconds=plan.seconds, is_round_trip=True)
            rounds["agentmesh", 256, 0].append(trips)
    return {case: _medians(found) for case, found in rounds.items()}


@contextlib.contextmanager
def _crowd(server: Server, count: int, first: int, log: Path) -> Iterator[None]:
    question = json.dumps({"address": server.address, "count": count, "first": first})
    command = [sys.executable, "-m", "benchmarks.load.idle", question]
    with process(command, log, PYTHONPATH=relays.PATH) as running:
        line(running, RUN_TIMEOUT)
        yield
        running.terminate()
        lost = json.loads(line(running, RUN_TIMEOUT))["lost"]
        if lost:
            raise RuntimeError(f"{lost} of {count} idle agents were cut off")


def idle(plan: Plan, folder: Path) -> Found:
    """Return what a silent connection costs in memory, and what many of them cost the others."""
    log = folder / "load.log"
    pairs: dict[str, list[float]] = defaultdict(list)
    load: dict[str, object] = {"kind": "agentmesh", "seconds": plan.seconds}
    with relays.agentmesh(folder / "quiet") as quiet, relays.agentmesh(folder / "full") as full:
        _note(f"{plan.crowd} idle agents come in")
        _load(full, log, **load | {"seconds": 0.5})
        empty = _resident_kib(full)
        with _crowd(full, plan.talk_beside, 0, log):
            with _crowd(full, plan.crowd - plan.talk_beside, plan.talk_beside, log):
                each = (_resident_kib(full) - empty) / plan.crowd
            for number in range(plan.rounds):
                _note(f"round {number + 1} of {plan.rounds}: beside {plan.talk_beside} idle agents")
                for name, server in (("alone", quiet), ("beside", full)):
                    pairs[name].append(_load(server, log, **load)["per_second"])
            trips = _load(full, log, **load, is_round_trip=True)
    beside = statistics.median(pairs["beside"]) / statistics.median(pairs["alone"])
    return {
        "kib_per_idle_connection": each,
        "loaded_rate_with_9500_idle": beside,
        "rtt_p99_ms_with_9500_idle": trips["rtt_p99_ms"],
    }


def idle_tls(plan: Plan, folder: Path) -> Found:
    """Return what a silent connection costs under TLS."""
    cert, key = certificate(folder / "tls")
    with relays.agentmesh(folder / "secure", "--cert", str(cert), "--key", str(key)) as server:
        _note(f"{plan.crowd} idle agents come in with TLS")
        log = folder / "load.log"
        with _crowd(server, 10, plan.crowd, log):
            empty = _resident_kib(server)
            with _crowd(server, plan.crowd, 0, log):
                each = (_resident_kib(server) - empty) / plan.crowd
    return {"kib_per_idle_connection_tls": each}


def letters(plan: Plan, folder: Path) -> Found:
    """Return how many letters a second are kept, fsynced, and how many are taken again."""
    rounds = []
    for number in range(plan.rounds):
        _note(
            f"round {number + 1} of {plan.rounds}: {plan.recipients * 100} letters for the absent"
        )
        with relays.agentmesh(folder / f"post{number}") as server:
            question = {"address": server.address, "recipients": plan.recipients}
            rounds.append(_asked("benchmarks.load.letters", question, folder / "load.log"))
    return _medians(rounds)


def summary(found: Mapping[Case, Found], others: Found) -> Found:
    """Return what has a goal."""

    def best(*kinds: str) -> float:
        return max(found[kind, *BEST]["per_second"] for kind in kinds)

    ours = best("agentmesh")
    return {
        "ratio_to_openclaw_p2p": ours / best("openclaw", "openclaw-deflate"),
        "ratio_to_nats": ours / best("nats"),
        "ratio_to_ceiling": ours / best("router"),
        "rtt_p99_ms": found["agentmesh", 256, 0]["rtt_p99_ms"],
        **others,
    }


def report(found: Mapping[Case, Found], goals: Found) -> str:
    """Return it all as text."""
    head = f"{'':<18}{'B':>6}{'in flight':>10}{'a second':>12}{'us CPU':>8}{'load busy':>10}"
    lines = [machine.description(), "", head]
    for (kind, size, depth), case in sorted(found.items(), key=lambda it: it[0][1:]):
        if depth:
            rate, cpu, busy = (
                case[k] for k in ("per_second", "cpu_us_a_message", "generator_busy")
            )
            lines.append(f"{kind:<18}{size:>6}{depth:>10}{rate:>12,.0f}{cpu:>8.1f}{busy:>10.2f}")
    trips = found["agentmesh", 256, 0]
    lines += [f"round trip: p50 {trips['rtt_p50_ms']:.2f} ms, p99 {trips['rtt_p99_ms']:.2f} ms", ""]
    return "\n".join([*lines, *(_goal(name, value) for name, value in goals.items())])


def _goal(name: str, value: float) -> str:
    sign, bound = GOALS.get(name, ("", 0.0))
    if not sign:
        return f"{name:<30}{value:>12,.2f}"
    met = value >= bound if sign == ">=" else value <= bound
    return f"{name:<30}{value:>12,.2f}   goal {sign} {bound:g}   {'met' if met else 'MISSED'}"


def _medians(rounds: Sequence[Found]) -> Found:
    return {name: statistics.median(found[name] for found in rounds) for name in rounds[0]}


def _resident_kib(server: Server) -> int:
    status = Path(f"/proc/{server.process}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Run and print."""
    raise_limit()
    plan = QUICK if "--quick" in sys.argv else FULL
    with tempfile.TemporaryDirectory(prefix="relay-") as name:
        folder = Path(name)
        found = rates(plan, folder)
        others = letters(plan, folder) | idle(plan, folder) | idle_tls(plan, folder)
    goals = summary(found, others)
    if "--json" not in sys.argv:
        print(report(found, goals))
    print(json.dumps({name: round(value, 3) for name, value in goals.items()}))


if __name__ == "__main__":
    main()
