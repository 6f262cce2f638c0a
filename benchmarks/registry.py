"""A registry with many agents in it: `python -m benchmarks.registry [--quick] [--json]`.

Lookups with proof, searches, registrations and prekey fetches, sixteen at a time over HTTP, on
SQLite and on PostgreSQL (with its disk in earnest), with 100,000 agents and with 1,000,000; beside
each the same by hand: the statements alone, one after the other on one connection, without HTTP,
signatures, proofs and rates. Searches by hand are measured once more while others write. `--quick`
has 100,000 agents only. All that it makes is gone afterwards.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import machine
from benchmarks.processes import line, process
from benchmarks.registry_by_hand import HANDS, Hand
from benchmarks.registry_crowd import fill
from benchmarks.registry_load import Figure, Load, busy_seconds, timed
from tests.support import postgres

SIZES, QUICK = (100_000, 1_000_000), (100_000,)
SECONDS, WRITERS, AT_ONCE = 5.0, 4, 16
GOAL_MS = 20.0
ROOT = Path(__file__).resolve().parents[1]
_DURABLE = ("max_connections=60", "shared_buffers=512MB", "max_wal_size=4GB")
_PYTHONPATH = f"{ROOT}:{ROOT}/services/registry"
_UNLIMITED = {
    f"AGENTMESH_REGISTRY_{name}_PER_MINUTE": "0"
    for name in (
        "REQUESTS", "REGISTRATIONS", "AGENT_REQUESTS", "FETCHES", "ONE_TIME", "ONE_TIME_PAIR",
    )
}  # fmt: skip


@contextmanager
def databases(size: int) -> Iterator[dict[str, str]]:
    """Yield an empty database of each kind that there is."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="agentmesh-bench-"))
        urls = {"SQLite": f"sqlite:///{folder}/registry.db"}
        try:
            cluster = stack.enter_context(postgres.cluster(_DURABLE))
            urls["PostgreSQL"] = postgres.make_database(cluster, f"crowd{size}")
        except postgres.PostgresMissing as missing:
            print(missing, file=sys.stderr)
        yield urls


async def measure(url: str, size: int, folder: Path) -> dict[str, Figure]:
    """Return what one database does with so many agents."""
    load = Load(size)
    load.amids = await fill(url, size, load.now)
    command = [sys.executable, "-m", "agentmesh_registry", "--listen", "127.0.0.1:0"]
    command += ["--database", url, "--log-key", str(folder / "log-key")]
    command += ["--stamp-bits", "0"]
    found: dict[str, Figure] = {}
    with process(command, folder / "log", PYTHONPATH=_PYTHONPATH, **_UNLIMITED) as registry:
        address = line(registry).removeprefix("listening on ")
        async with load.at(address), Hand(url, load) as hand:
            for name, ask in load.asked.items():
                before = busy_seconds(registry.pid)
                figure = await timed(ask, SECONDS, AT_ONCE)
                spent = (busy_seconds(registry.pid) - before) / max(1, figure.count)
                by_hand = await timed(HANDS[name].__get__(hand), SECONDS, 1)
                found[name] = figure._replace(cpu_ms=spent * 1000)
                found[f"{name}, by hand"] = by_hand
            searching = timed(hand.search, SECONDS, 1)
            found["search, by hand, while others write"], _ = await asyncio.gather(
                searching, timed(load.write, SECONDS, WRITERS)
            )
    return found


def report(kind: str, size: int, found: dict[str, Figure]) -> list[str]:
    """Return the figures of one database as lines."""
    lines = [
        "",
        f"{kind}, {size:,} agents{'a second':>34}{'p50 ms':>10}{'p99 ms':>10}{'CPU ms':>10}",
    ]
    for name, figure in found.items():
        cpu = f"{figure.cpu_ms:10.2f}" if figure.cpu_ms else ""
        row = f"{figure.per_second:12.0f}{figure.p50_ms:10.2f}{figure.p99_ms:10.2f}{cpu}"
        lines.append(f"  {name:<40}{row}")
    for name in (it for it in found if f"{it}, by hand" in found):
        floor = found[f"{name}, by hand"].per_second
        lines.append(f"  {name}: {found[name].per_second / floor:.2f} times the rate by hand")
    worst = found["search, by hand, while others write"].p99_ms
    lines.append(f"  a search at the database, p99: {worst:.1f} ms (goal: at most {GOAL_MS:.0f})")
    return lines


def main() -> None:
    """Measure, print the table, and last the same for programs."""
    documents: dict[str, dict[str, dict[str, float]]] = {}
    lines = [machine.description()]
    for size in QUICK if "--quick" in sys.argv else SIZES:
        with databases(size) as urls, tempfile.TemporaryDirectory() as folder:
            for kind, url in urls.items():
                found = asyncio.run(measure(url, size, _place(folder, kind)))
                lines += report(kind, size, found)
                documents[f"{kind} {size}"] = {it: figure._asdict() for it, figure in found.items()}
    if "--json" not in sys.argv:
        print("\n".join(lines))
        print("CPU ms: of the registry's process, for each request; the rest is the database, the")
        print("disk, and waiting for sixteen at a time.")
    print(json.dumps(documents))


def _place(folder: str, kind: str) -> Path:
    place = Path(folder) / kind
    place.mkdir()
    return place


if __name__ == "__main__":
    main()
