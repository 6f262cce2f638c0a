"""The command `bench`: how quick this machine is, between two agents that exist for it alone."""

import asyncio
import contextlib
import os
import platform
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from agentmesh.cli.checkup import course
from agentmesh.cli.desk import Desk, command, note
from agentmesh.cli.figure import Count
from agentmesh.cli.stage import Actor, Service
from agentmesh.control import calls
from agentmesh.errors import AgentMeshError
from agentmesh.observability.world import SystemClock

TERMINATED = 143
SYNCS = 30
_LIMITLESS = "1000000"
_POLICY: dict[str, object] = {
    "consent": "policy",
    "rate_limit.messages_per_minute": 10_000,  # the highest there is
    "breakers.sent_per_minute": 0,
    "breakers.loop_turns": 0,
}
"""What is raised for both agents: limits would be measured otherwise."""


@command("bench")
@click.option(
    "--round-trips", "trips", type=Count(1, 1000), default=100, show_default=True,
    help="How many messages to send there and back.",
)  # fmt: skip
@click.option(
    "--messages", type=Count(1, 5000), default=1000, show_default=True,
    help="How many messages to send one way, as quickly as they go.",
)  # fmt: skip
def bench(desk: Desk, *, trips: int, messages: int) -> None:
    """Measure this machine: a first contact, round trips, messages a second.

    A relay, a registry and two agents of their own are started for it in a temporary directory
    (TMPDIR moves it) and removed again; your own agent is not touched. All that is sent goes
    through daemons and relay, encrypted, and is on disk on both sides before it counts. How far
    away a peer is: `agentmesh ping`.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that the cleanup runs
    with contextlib.ExitStack() as cleanup:
        folder = Path(
            cleanup.enter_context(
                tempfile.TemporaryDirectory(prefix="agentmesh-bench-", ignore_cleanup_errors=True)
            )
        )
        note("Starting a relay, a registry and two agents ...")
        synced = _sync_seconds(folder)
        actors, amids = _set_up(folder, cleanup)
        note("Measuring ...")
        lap = asyncio.run(course.run((actors[0].home, actors[1].home), amids, trips, messages))
    keys = _figures(lap, messages, synced)
    desk.answer(keys, _told(keys))


def _set_up(
    folder: Path, cleanup: contextlib.ExitStack
) -> tuple[tuple[Actor, Actor], tuple[str, str]]:
    here = ("--listen", "127.0.0.1:0")
    limits = ("--messages-per-minute", _LIMITLESS, "--knocks-per-minute", _LIMITLESS)
    relay = Service("agentmesh_relay", *here, *limits, "--data", f"{folder}/relay")
    cleanup.callback(relay.end)
    database = f"sqlite:///{folder}/registry.db"
    registry = Service("agentmesh_registry", *here, "--database", database)
    cleanup.callback(registry.end)
    options = ("--relay", relay.url(), "--registry", registry.url(), "--key-storage", "file")
    actors = Actor("Alice", folder / "alice"), Actor("Bob", folder / "bob")
    for actor in actors:
        cleanup.callback(_bring_down, actor)
    amids = actors[0].up(*options), actors[1].up(*options)
    for actor in actors:
        with actor.client() as client:
            for key, value in _POLICY.items():
                client.call(calls.PolicySet(key=key, value=value))
    return actors, amids


def _bring_down(actor: Actor) -> None:
    with contextlib.suppress(AgentMeshError, OSError):
        actor.down()


def _sync_seconds(folder: Path) -> float:
    """Return how long the disk takes to keep 4 KiB: the median. Figures mean little without it."""
    clock = SystemClock()
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            file.write(b"x" * 4096)
            file.flush()
            began = clock.monotonic()
            os.fsync(file.fileno())
            taken.append(clock.monotonic() - began)
    return _share(taken, 0.5)


def _figures(lap: course.Lap, messages: int, synced: float) -> dict[str, Any]:
    trips = lap.round_trips
    return {
        "first_contact_ms": _ms(lap.first_contact),
        "round_trip": {
            "count": len(trips),
            "min_ms": _ms(min(trips)),
            "p50_ms": _ms(_share(trips, 0.5)),
            "p99_ms": _ms(_share(trips, 0.99)),
            "max_ms": _ms(max(trips)),
        },
        "one_way": {
            "messages": messages,
            "seconds": round(lap.flood, 3),
            "messages_per_second": round(messages / lap.flood, 1),
        },
        "message_bytes": course.SIZE,
        "disk_sync_ms": _ms(synced),
        "machine": {
            "system": platform.system(),
            "architecture": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
    }


def _told(keys: dict[str, Any]) -> str:
    trip, way, machine = keys["round_trip"], keys["one_way"], keys["machine"]
    return "\n".join(
        (
            f"first contact   {keys['first_contact_ms']:.1f} ms, from KNOCK to the message read",
            f"round trip      p50 {trip['p50_ms']:.1f}, p99 {trip['p99_ms']:.1f},"
            f" max {trip['max_ms']:.1f} ms, of {trip['count']}",
            f"one way         {way['messages_per_second']:.0f} messages a second,"
            f" of {way['messages']}; all arrived",
            f"disk            {keys['disk_sync_ms']:.2f} ms until 4 KiB are kept",
            f"machine         {machine['system']} {machine['architecture']},"
            f" {machine['cores']} cores, Python {machine['python']}",
        )
    )


def _share(values: list[float], share: float) -> float:
    """Return the value below which `share` of all lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
