"""Every parser that a peer reaches, as often as the release asks for: nothing undeclared comes out.

AGENTMESH_RUNS says how often each; a slice runs at every change.
"""

import os
import resource
from collections import Counter
from collections.abc import Callable

import pytest

from agentmesh.observability.world import SystemClock
from tests.support.hostile import refusal
from tests.support.mutation import Mutator
from tests.unit.fuzz.doors import DOORS

RUNS = int(os.environ.get("AGENTMESH_RUNS", "2000"))
SEED = os.environ.get("AGENTMESH_SEED", "1")
MAX_GROWTH_KIB = 32 * 1024
WARM = 100


def _peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.timeout(0 if RUNS > 10_000 else 120)
@pytest.mark.parametrize("name", DOORS)
def test_a_parser_reads_or_refuses(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    door, clock = DOORS[name], SystemClock()
    bad = Mutator(door.good, f"{SEED}/{name}")
    told: Counter[str] = Counter()
    slowest, peak = 0.0, 0
    for number in range(RUNS):
        data = bad.next()
        started = clock.monotonic()
        told[refusal(door.read, data)] += 1
        slowest = max(slowest, clock.monotonic() - started)
        if number == WARM:
            peak = _peak_kib()
    assert len(told) > 1, "nothing was refused: the mutations reach nobody"
    assert _peak_kib() - peak <= MAX_GROWTH_KIB
    record_property("runs", RUNS)
    record_property("read", told.pop("", 0))
    record_property("refused", sum(told.values()))
    record_property("slowest_ms", f"{slowest * 1000:.1f}")
