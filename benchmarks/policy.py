"""What a decision about a KNOCK takes, without any I/O: `python -m benchmarks.policy`.

Goals: at most 50 us, and that 1,000 contacts and 10,000 blocked make no difference. The policies
are measured in turns, so that what else the machine does falls on all of them.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable

from agentmesh.policy.document import Policy
from agentmesh.policy.facts import KnockFacts
from agentmesh.policy.pipeline import decide
from agentmesh.protocol.frames import Intent
from agentmesh.protocol.ids import Amid
from benchmarks import machine

CALLS, ROUNDS = 5_000, 40
CONTACTS, BLOCKED = 1_000, 10_000
INTENTS = frozenset(f"x-{number}/category" for number in range(99)) | {"travel/flights"}
GOAL_US, GOAL_RATIO = 50.0, 1.2
SMALL = "contact_small"


def names(kind: str, count: int) -> frozenset[Amid]:
    """Return made-up AMIDs."""
    return frozenset(Amid(f"{kind}{number:024}") for number in range(count))


def facts_of(peer: str, policy: Policy, trust: int = 0) -> KnockFacts:
    """Return what is known of a KNOCK that comes as far as the last question."""
    intent = Intent(category="travel", subcategory="flights")
    return KnockFacts(peer=Amid(peer), intent=intent, reputation=0.9, trust=trust, policy=policy)


def decisions() -> dict[str, Callable[[], object]]:
    """Return the decisions to be measured, by name."""
    small = Policy(accepted_intents=INTENTS, min_reputation=0.5)
    large = Policy(
        accepted_intents=INTENTS,
        min_reputation=0.5,
        allowlist=names("contact", CONTACTS),
        blocklist=names("blocked", BLOCKED),
    )
    last_blocked = f"blocked{BLOCKED - 1:024}"
    cases = {
        SMALL: facts_of("peer", small, trust=1),
        "contact_large": facts_of("peer", large, trust=1),
        "stranger_small": facts_of("peer", small),
        "stranger_large": facts_of("peer", large),
        "allowlisted_large": facts_of(f"contact{CONTACTS - 1:024}", large),
        "blocked_large": facts_of(last_blocked, large),
    }
    return {name: (lambda facts=facts: decide(facts)) for name, facts in cases.items()}


def taken_us(call: Callable[[], object]) -> float:
    """Return how long one call takes, on the average of many."""
    started = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - started) / CALLS * 1e6


def measure() -> dict[str, float]:
    """Return the medians in microseconds, and what size makes of it."""
    cases = decisions()
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, call in cases.items():
            taken[name].append(taken_us(call))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    return {
        **{f"{name}_us": round(value, 2) for name, value in medians.items()},
        "contact_large_by_small": round(medians["contact_large"] / medians[SMALL], 2),
        "stranger_large_by_small": round(medians["stranger_large"] / medians["stranger_small"], 2),
    }


def main() -> int:
    """Print the figures; tell by the exit code whether the goals are met."""
    found = measure()
    print(json.dumps(found))
    print(machine.description())
    is_quick = all(value <= GOAL_US for name, value in found.items() if name.endswith("_us"))
    ratios = [value for name, value in found.items() if name.endswith("_by_small")]
    is_even = all(value <= GOAL_RATIO for value in ratios)
    return 0 if is_quick and is_even else 1


if __name__ == "__main__":
    sys.exit(main())
