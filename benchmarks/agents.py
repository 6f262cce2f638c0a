"""Agent to agent through a relay, AgentMesh beside others: `python -m benchmarks.agents [--json]`.

Everybody runs the same plan on the same machine in the same run, in turns; medians over the rounds.
"""

import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from benchmarks import agentmesh_pair, machine, plan
from benchmarks.peers import openclaw_p2p

ROUNDS = plan.setting("BENCH_ROUNDS", 3)

Figures = Mapping[str, float]
MEASURED: dict[str, Callable[[], Figures]] = {
    "agentmesh": agentmesh_pair.measure,
    f"openclaw-p2p {openclaw_p2p.VERSION}": openclaw_p2p.measure,
}
OURS, THEIRS = MEASURED


class Goal(NamedTuple):
    """A ratio we want: our figure by theirs."""

    name: str
    ours: str
    theirs: str
    bound: float
    at_least: bool

    def line(self, ratio: float) -> str:
        """Return the goal, the ratio and whether it was met."""
        met = ratio >= self.bound if self.at_least else ratio <= self.bound
        sign = ">=" if self.at_least else "<="
        verdict = "met" if met else "MISSED"
        return f"{self.name:<44} {ratio:6.2f} x   goal {sign} {self.bound:g} x   {verdict}"


GOALS = (
    Goal(
        "one way, messages a second", "one_way_per_second", "one_way_per_second", 4, at_least=True
    ),
    Goal("round trip, p50", "round_trip_p50_ms", "round_trip_p50_ms", 1, at_least=False),
    Goal(
        "first message, by their bare handshake",
        "first_message_ms",
        "handshake_ms",
        2,
        at_least=False,
    ),
)


def medians(rounds: Sequence[Figures]) -> dict[str, float]:
    """Return each figure's median over the rounds."""
    return {name: statistics.median(found[name] for found in rounds) for name in rounds[0]}


def run() -> dict[str, dict[str, float]]:
    """Return everybody's medians; the rounds alternate, so that a slow minute hits all alike."""
    rounds: dict[str, list[Figures]] = {name: [] for name in MEASURED}
    for number in range(1, ROUNDS + 1):
        for name, measure in MEASURED.items():
            print(f"round {number} of {ROUNDS}: {name}", file=sys.stderr, flush=True)
            rounds[name].append(measure())
    return {name: medians(found) for name, found in rounds.items()}


def ratios(found: Mapping[str, Figures]) -> dict[str, float]:
    """Return our figures by theirs, one for each goal."""
    return {goal.name: found[OURS][goal.ours] / found[THEIRS][goal.theirs] for goal in GOALS}


def report(found: Mapping[str, Figures]) -> str:
    """Return the figures and the goals as text."""
    lines = [machine.description(), f"{plan.SIZE} B of text, {ROUNDS} rounds in turns, medians", ""]
    for name, figures in found.items():
        lines.append(name)
        lines += [f"  {figure:<42} {value:10.2f}" for figure, value in figures.items()]
    by_goal = ratios(found)
    return "\n".join([*lines, "", *(goal.line(by_goal[goal.name]) for goal in GOALS)])


def main() -> None:
    """Run and print."""
    openclaw_p2p.interpreter()  # installed before the first round, not within it
    found = run()
    if "--json" in sys.argv:
        fsync = machine.fsync_ms()
        print(json.dumps({"fsync_ms": fsync, "medians": found, "ratios": ratios(found)}))
    else:
        print(report(found))


if __name__ == "__main__":
    main()
