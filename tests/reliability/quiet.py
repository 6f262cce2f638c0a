"""Whether something is still on its way in a town; and if so, what.

It is asked while everybody lives. A daemon has something to say of its own accord now and then, as
the head of the registry's log half a minute after its start: without a relay that waits, as it has
to, and is not stuck.
"""

import time

from agentmesh.observability.world import SystemClock
from tests.reliability.town import NAMES, PAUSE_SECONDS, Town

STEADY_SECONDS = 3.0
"""So long nothing may be on its way: the relay may still bring what no daemon waits for, as a KNOCK
that was given up, and then both of them have work again."""


def wait_for_quiet(town: Town, seconds: float) -> tuple[float, list[str]]:
    """Wait until it is quiet and stays so; return when it became so, and what never got through."""
    clock = SystemClock()
    began = quiet_since = clock.monotonic()
    while (now := clock.monotonic()) < quiet_since + STEADY_SECONDS:
        if left := on_its_way(town):
            quiet_since = now
            if now >= began + seconds:
                return seconds, left
        time.sleep(PAUSE_SECONDS)
    return quiet_since - began, []


def on_its_way(town: Town) -> list[str]:
    """Return each message without a fate and each errand, in which session; and who hears nothing.

    As far as the daemons know: what only the relay has is nobody's.
    """
    found: list[str] = []
    for name in NAMES:
        status = town.status(name)
        relay = "unknown" if status is None else status.relay.state
        if relay != "connected":
            found.append(f"{name}: its relay is {relay}")
        phases = town.phases(name)
        things = [*town.waiting(name), *town.errands(name)]
        found += [f"{name}: {it} in {where} ({phases.get(where)})" for it, where in things]
    return found
