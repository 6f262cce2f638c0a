"""Agent to agent through a relay, AgentMesh beside others: `python -m benchmarks.agents [--json]`.

Everybody runs the same plan on the same machine in the same run, in turns; medians over the rounds.
The floor is our protocol with nothing around it (`floor/pair.py`): what lies between it and theirs
is what the protocol costs, what lies between ours and it is what we add. First contacts count
where everybody's code has run before; the very first one, cold, is printed beside them (`plan.py`).
"""

import sys
from collections.abc import Mapping
from typing import NamedTuple

from benchmarks import agentmesh_pair, plan
from benchmarks.floor import pair
from benchmarks.peers import openclaw_p2p
from benchmarks.rounds import Figures, Measured, as_json, in_turns, report

ROUNDS = plan.setting("BENCH_ROUNDS", 3)

MEASURED: Measured = {
    "agentmesh": agentmesh_pair.measure,
    "floor": pair.measure,
    f"openclaw-p2p {openclaw_p2p.VERSION}": openclaw_p2p.measure,
}
OURS, FLOOR, THEIRS = MEASURED


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
        "one way (`send_all`), messages a second",
        "one_way_per_second",
        "one_way_per_second",
        4,
        at_least=True,
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


def ratios(found: Mapping[str, Figures]) -> dict[str, float]:
    """Return our figures by theirs, one for each goal."""
    return {goal.name: found[OURS][goal.ours] / found[THEIRS][goal.theirs] for goal in GOALS}


def shares(found: Mapping[str, Figures]) -> dict[str, float]:
    """Return what we add to the floor, and what the floor is beside theirs, for each goal."""
    by_floor = {
        f"ours by the floor: {goal.ours}": found[OURS][goal.ours] / found[FLOOR][goal.ours]
        for goal in GOALS
    }
    return by_floor | {
        f"the floor by theirs: {goal.ours}": found[FLOOR][goal.ours] / found[THEIRS][goal.theirs]
        for goal in GOALS
    }


def cold(found: Mapping[str, Figures]) -> dict[str, float]:
    """Return our very first contact by theirs: between programs that never had one."""
    ours, theirs = found[OURS]["first_message_cold_ms"], found[THEIRS]["handshake_cold_ms"]
    return {"first message, cold, by their cold handshake": ours / theirs}


def main() -> None:
    """Run and print."""
    openclaw_p2p.interpreter()  # installed before the first round, not within it
    found = in_turns(MEASURED, ROUNDS)
    by_goal = ratios(found)
    if "--json" in sys.argv:
        print(as_json(found, by_goal | cold(found) | shares(found)))
        return
    told = f"{plan.SIZE} B of text, {ROUNDS} rounds in turns, medians"
    goals = [goal.line(by_goal[goal.name]) for goal in GOALS]
    parts = [f"{name:<44} {ratio:6.2f} x" for name, ratio in (cold(found) | shares(found)).items()]
    print(report(told, found, [*goals, "", *parts]))


if __name__ == "__main__":
    main()
