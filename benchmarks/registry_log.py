"""What the registry's log costs: `python -m benchmarks.registry_log`.

A lookup with its proof is compared with the DID document of the same agent, which is the same row
without a proof; registrations of many at once with those of one after the other. On SQLite, and on
PostgreSQL where it is installed. All in one process, so only the ratios count.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

from tests.support import postgres
from tests.support.asking import Answer, Asker, registry_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

AGENTS, ROUNDS, AT_ONCE = 200, 300, 16
Ask = Callable[[], Awaitable[Answer]]


async def median_ms(ask: Ask) -> float:
    """Return the median of one question, in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        assert (await ask()).status == 200
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


async def registrations(asker: Asker, agents: list[Registrant], at_once: int) -> float:
    """Return how many a second register."""
    waiting = iter(agents)

    async def work() -> None:
        for agent in waiting:
            assert (await asker.register(agent)).status == 201

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return len(agents) / (time.perf_counter() - began)


async def measure(name: str, url: str) -> None:
    """Print the figures of one database."""
    async with registry_at(url, FakeClock()) as asker:
        groups = [
            [Registrant(f"{kind} {number}") for number in range(AGENTS)] for kind in ("a", "b")
        ]
        alone = await registrations(asker, groups[0], 1)
        together = await registrations(asker, groups[1], AT_ONCE)
        agent = groups[0][7]
        size = 2 * AGENTS - 1
        plain = await median_ms(lambda: asker.get(f"/v1/registry/did/{agent.amid}"))
        proved = await median_ms(lambda: asker.lookup(agent, size))
    print(f"{name}: registrations/s {alone:.0f} alone, {together:.0f} by {AT_ONCE} at once")
    print(f"{name}: {plain:.2f} ms without proof, {proved:.2f} ms with: {proved / plain:.2f} times")


def main() -> None:
    """Measure each database there is."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asyncio.run(measure("SQLite", f"sqlite:///{folder}/registry.db"))
        try:
            cluster = stack.enter_context(postgres.cluster())
        except postgres.PostgresMissing as missing:
            print(missing)
            return
        asyncio.run(measure("PostgreSQL", postgres.make_database(cluster, "bench")))


if __name__ == "__main__":
    main()
