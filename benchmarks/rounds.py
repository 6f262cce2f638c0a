"""Everybody in turns, so that a slow minute hits all alike; and what was found, as text."""

import json
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence

from benchmarks import machine

Figures = Mapping[str, float]
Measured = Mapping[str, Callable[[], Figures]]


def medians(rounds: Sequence[Figures]) -> dict[str, float]:
    """Return each figure's median over the rounds."""
    return {name: statistics.median(found[name] for found in rounds) for name in rounds[0]}


def in_turns(measured: Measured, count: int) -> dict[str, dict[str, float]]:
    """Return everybody's medians."""
    rounds: dict[str, list[Figures]] = {name: [] for name in measured}
    for number in range(1, count + 1):
        for name, measure in measured.items():
            print(f"round {number} of {count}: {name}", file=sys.stderr, flush=True)
            rounds[name].append(measure())
    return {name: medians(found) for name, found in rounds.items()}


def report(plan: str, found: Mapping[str, Figures], goals: Sequence[str]) -> str:
    """Return the figures, and a line for each goal, as text."""
    lines = [machine.description(), plan, ""]
    for name, figures in found.items():
        lines.append(name)
        lines += [f"  {figure:<42} {value:10.2f}" for figure, value in figures.items()]
    return "\n".join([*lines, "", *goals])


def as_json(found: Mapping[str, Figures], ratios: Mapping[str, float]) -> str:
    """Return the same for programs."""
    return json.dumps({"fsync_ms": machine.fsync_ms(), "medians": found, "ratios": ratios})
