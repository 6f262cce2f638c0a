"""Files, AgentMesh beside magic-wormhole: `python -m benchmarks.files [--json]`.

Everybody sends the same files on the same machine, in turns; medians over the rounds.
"""

import sys
from collections.abc import Mapping
from functools import partial

from benchmarks import agentmesh_files, file_plan, plan
from benchmarks.peers import wormhole
from benchmarks.rounds import Figures, Measured, as_json, in_turns, report

ROUNDS = plan.setting("BENCH_ROUNDS", 3)

MEASURED: Measured = {
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


def ratios(found: Mapping[str, Figures]) -> dict[str, float]:
    """Return how many times as long as they we take, one ratio for each goal."""
    return {
        goal: found[OURS][figure] / found[theirs][figure]
        for goal, (figure, theirs) in GOALS.items()
    }


def line(goal: str, ratio: float) -> str:
    """Return a goal, its ratio and whether it was met."""
    return f"{goal:<44} {ratio:6.2f} x   goal <= 1 x   {'met' if ratio <= 1 else 'MISSED'}"


def main() -> None:
    """Run and print."""
    wormhole.commands()  # installed before the first round, not within it
    found = in_turns(MEASURED, ROUNDS)
    by_goal = ratios(found)
    if "--json" in sys.argv:
        print(as_json(found, by_goal))
        return
    large = file_plan.LARGE // file_plan.MEBIBYTE
    told = f"files of 64 KiB and {large} MiB, {ROUNDS} rounds in turns, medians"
    print(report(told, found, [line(goal, ratio) for goal, ratio in by_goal.items()]))


if __name__ == "__main__":
    main()
