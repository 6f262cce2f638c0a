"""Files, AgentMesh beside magic-wormhole: `python -m benchmarks.files [--json]`.

Everybody sends the same files on the same machine, in turns; medians over the rounds.
"""

import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from benchmarks import agentmesh_files, file_plan, machine, plan
from benchmarks.peers import wormhole

ROUNDS = plan.setting("BENCH_ROUNDS", 3)

Figures = Mapping[str, float]
MEASURED: dict[str, Callable[[], Figures]] = {
    "agentmesh": agentmesh_files.measure,
    f"magic-wormhole {wormhole.VERSION}, direct": partial(wormhole.measure, "direct"),
    f"magic-wormhole {wormhole.VERSION}, relayed": partial(wormhole.measure, "relayed"),
}
OURS, DIRECT, RELAYED = MEASURED
GOALS = {
    "a small file, by their way through a relay": ("small_file_seconds", RELAYED),
    "a small file, by their direct way": ("small_file_seconds", DIRECT),
    "a large file, by their way through a relay": ("large_file_seconds", RELAYED),
    "a large file, by their direct way": ("large_file_seconds", DIRECT),
}
"""At most as long as they take: ours goes through a relay always."""


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
    """Return how many times as long as they we take, one ratio for each goal."""
    return {
        goal: found[OURS][figure] / found[theirs][figure]
        for goal, (figure, theirs) in GOALS.items()
    }


def report(found: Mapping[str, Figures]) -> str:
    """Return the figures and the goals as text."""
    large = file_plan.LARGE // file_plan.MEBIBYTE
    lines = [
        machine.description(),
        f"files of 64 KiB and {large} MiB, {ROUNDS} rounds in turns, medians",
        "",
    ]
    for name, figures in found.items():
        lines.append(name)
        lines += [f"  {figure:<42} {value:10.2f}" for figure, value in figures.items()]
    lines.append("")
    for goal, ratio in ratios(found).items():
        verdict = "met" if ratio <= 1 else "MISSED"
        lines.append(f"{goal:<44} {ratio:6.2f} x   goal <= 1 x   {verdict}")
    return "\n".join(lines)


def main() -> None:
    """Run and print."""
    wormhole.commands()  # installed before the first round, not within it
    found = run()
    if "--json" in sys.argv:
        fsync = machine.fsync_ms()
        print(json.dumps({"fsync_ms": fsync, "medians": found, "ratios": ratios(found)}))
    else:
        print(report(found))


if __name__ == "__main__":
    main()
