"""The relays that `benchmarks/relay.py` compares, each a process of its own on one core."""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.agentmesh_pair import RELAY_LIMITS
from benchmarks.peers import nats, openclaw_p2p
from benchmarks.processes import Process, free_port, line, process, wait_for_port

ROOT = Path(__file__).resolve().parents[1]
PATH = os.pathsep.join((str(ROOT), str(ROOT / "services/relay")))
SERVER_CORE, LOAD_CORE = 0, 1
LIMITLESS = str(10**9)

_PINNED = "import os, sys; os.sched_setaffinity(0, {%d}); os.execv(sys.argv[1], sys.argv[1:])"


class Server(NamedTuple):
    """One that runs."""

    address: str
    process: int


def has_two_cores() -> bool:
    """Whether the relay and its load have a core each."""
    return {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0)


def pinned(command: Sequence[str]) -> list[str]:
    """Return the command so that all its threads stay on the server's core."""
    if not has_two_cores():
        return list(command)
    return [sys.executable, "-c", _PINNED % SERVER_CORE, *command]


@contextlib.contextmanager
def python(command: Sequence[str], log: Path) -> Iterator[Process]:
    """Run a module of this repository."""
    with process([sys.executable, "-m", *command], log, PYTHONPATH=PATH) as running:
        yield running


@contextlib.contextmanager
def agentmesh(folder: Path, *options: str) -> Iterator[Server]:
    """Run our relay, with limits that nobody reaches."""
    command = [sys.executable, "-m", "agentmesh_relay", "--listen", "127.0.0.1:0"]
    settings = [*RELAY_LIMITS, "--messages-per-minute", LIMITLESS, "--data", str(folder)]
    settings += ["--connections-per-address", LIMITLESS, *options]
    log = folder.with_suffix(".log")
    with process(pinned([*command, *settings]), log, PYTHONPATH=PATH) as running:
        yield Server(line(running).removeprefix("listening on "), running.pid)


@contextlib.contextmanager
def openclaw(folder: Path) -> Iterator[Server]:
    """Run openclaw-p2p's relay, its limits raised."""
    port = free_port()
    relay = str(ROOT / "benchmarks/peers/openclaw_relay.py")
    command = pinned([openclaw_p2p.interpreter(), relay, str(port)])
    with process(command, folder.with_suffix(".log")) as running:
        wait_for_port(port)
        yield Server(f"ws://127.0.0.1:{port}", running.pid)


@contextlib.contextmanager
def nats_server(folder: Path) -> Iterator[Server]:
    """Run nats-server as it comes."""
    port = free_port()
    command = pinned([nats.program(), "-a", "127.0.0.1", "-p", str(port)])
    with process(command, folder.with_suffix(".log")) as running:
        wait_for_port(port)
        yield Server(f"127.0.0.1:{port}", running.pid)


@contextlib.contextmanager
def router(folder: Path) -> Iterator[Server]:
    """Run the router that only routes."""
    port = free_port()
    command = pinned([sys.executable, "-m", "benchmarks.peers.router", str(port)])
    with process(command, folder.with_suffix(".log"), PYTHONPATH=PATH) as running:
        wait_for_port(port)
        yield Server(f"ws://127.0.0.1:{port}/", running.pid)
