"""Messages a second, or round trips, over many pairs at once.

    python -m benchmarks.load.rate '{"kind": "agentmesh", "address": "ws://…", …}'

Prints a line of JSON. It runs on a core of its own; `generator_busy` says how much of it was used:
near 1 it was the bound, and not the relay.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

import msgspec
import uvloop

from benchmarks.load import agent, others
from benchmarks.load.pairs import Line, Pair
from benchmarks.plan import percentile

WARM_SECONDS = 0.5
TICKS = os.sysconf("SC_CLK_TCK")

LINES: Mapping[str, Callable[[str, bytes], Awaitable[Line]]] = {
    "agentmesh": agent.line,
    "openclaw": others.openclaw,
    "openclaw-deflate": others.openclaw_deflate,
    "nats": others.nats,
    "router": others.router,
}


class Load(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do to whom."""

    kind: str
    address: str
    server: int
    """Its process, whose CPU time is read."""
    seconds: float
    pairs: int = 32
    size: int = 256
    in_flight: int = 16
    core: int | None = None
    is_round_trip: bool = False
    receivers: str = ""
    """Where those are who get it, if that is another node."""
    also: tuple[int, ...] = ()
    """More processes whose CPU time is read."""
    pause: float = 0.0
    """Seconds between a round trip and the next one; without, as fast as it goes."""


def cpu_seconds(process: int) -> float:
    """Return the CPU time that a process has used with all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def _connected(load: Load) -> list[Pair]:
    body = os.urandom(load.size)
    open_line = LINES[load.kind]
    if load.receivers:
        open_line = partial(agent.line, other_url=load.receivers)
    lines = await asyncio.gather(*(open_line(load.address, body) for _ in range(load.pairs)))
    return [Pair(line) for line in lines]


async def rate(load: Load) -> dict[str, float]:
    """Return how much arrives in a second, and what it costs."""
    pairs = await _connected(load)
    for pair in pairs:
        pair.send(load.in_flight)
    await asyncio.sleep(WARM_SECONDS)
    before = [pair.arrived for pair in pairs]
    began, own, served = time.perf_counter(), time.process_time(), cpu_seconds(load.server)
    others = [cpu_seconds(process) for process in load.also]
    await asyncio.sleep(load.seconds)
    arrived = [pair.arrived - start for pair, start in zip(pairs, before, strict=True)]
    seconds = time.perf_counter() - began
    served, own = cpu_seconds(load.server) - served, time.process_time() - own
    others = [cpu_seconds(it) - before for it, before in zip(load.also, others, strict=True)]
    for pair in pairs:
        pair.stop()
    if not all(pair.arrived for pair in pairs):
        raise RuntimeError("not everybody heard something")
    return {
        "per_second": sum(arrived) / seconds,
        "cpu_us_a_message": served / sum(arrived) * 1e6,
        **{f"cpu_us_{place}": it / sum(arrived) * 1e6 for place, it in enumerate(others)},
        "server_busy": served / seconds,
        "generator_busy": own / seconds,
    }


class _Trips:
    """There over one line and back over another, again and again."""

    def __init__(self, there: Pair, back: Pair, pause: float) -> None:
        self.taken: list[float] = []
        self._pause = pause
        self._there = there
        self._began = 0.0
        there.then(lambda: back.send(1))
        back.then(self._home)

    def go(self) -> None:
        self._began = time.perf_counter()
        self._there.send(1)

    def _home(self) -> None:
        self.taken.append((time.perf_counter() - self._began) * 1000)
        if self._pause:
            asyncio.get_running_loop().call_later(self._pause, self.go)
        else:
            self.go()


async def round_trips(load: Load) -> dict[str, float]:
    """Return how long it takes there and back, one message under way in each couple of pairs."""
    pairs = await _connected(load)
    trips = [_Trips(*couple, load.pause) for couple in zip(pairs[::2], pairs[1::2], strict=True)]
    for trip in trips:
        trip.go()
    await asyncio.sleep(WARM_SECONDS)
    for trip in trips:
        trip.taken.clear()
    await asyncio.sleep(load.seconds)
    if not all(trip.taken for trip in trips):
        raise RuntimeError("not everybody got an answer")
    taken = [one for trip in trips for one in trip.taken]
    return {
        "rtt_p50_ms": statistics.median(taken),
        "rtt_p99_ms": percentile(taken, 0.99),
        "trips": float(len(taken)),
    }


def main() -> None:
    """Put on the load that is described, and print what was found."""
    load = msgspec.json.decode(sys.argv[1], type=Load)
    if load.core is not None:
        os.sched_setaffinity(0, {load.core})
    found = uvloop.run(round_trips(load) if load.is_round_trip else rate(load))
    print(msgspec.json.encode(found).decode(), flush=True)


if __name__ == "__main__":
    main()
