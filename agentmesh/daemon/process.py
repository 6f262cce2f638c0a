"""What the daemon's process does, from its arguments to its exit code."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from agentmesh.control import answers, failures, places
from agentmesh.control.socket import ControlServer
from agentmesh.control.stop_flag import StopFlag
from agentmesh.daemon import config as configuration
from agentmesh.daemon.api.table import ControlApi
from agentmesh.daemon.assemble import KEYS, assembled
from agentmesh.daemon.config import Config
from agentmesh.daemon.outside import World
from agentmesh.errors import AgentMeshError
from agentmesh.observability.logs import write_logs
from agentmesh.observability.steady_clock import SteadyClock
from agentmesh.observability.stopping import Stopping
from agentmesh.observability.world import (
    SystemClock,
    keep_freed_memory,
    quick_loop,
    system_entropy,
)
from agentmesh.storage.draft_keys import refuse_draft
from agentmesh.storage.failures import explain_os
from agentmesh.storage.home import Home
from agentmesh.storage.key_access import write_private
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.key_passphrase import given_passphrase
from agentmesh.storage.open_keys import OpenKeys

GARBAGE = 20_000
"""So many new objects begin a search for cycles; nearly all that is made goes without one."""
LAST_WORDS_SECONDS = 2.0
ANSWER_SECONDS = 0.05
LAST_SECONDS = 10.0
"""Longer than any part takes that does what it is told; half of what `agentmesh down` waits."""
FOUND_SECONDS = 3.0
"""How long we say that we are not ready yet because nobody can find us."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the daemon; return its exit code."""
    given = _parser().parse_args(arguments)
    os.umask(0o077)
    write_logs()
    home = places.home(os.environ)
    machine = SystemClock()
    world = World(clock=SteadyClock(machine, machine.uptime), entropy=system_entropy)
    try:
        with Home(home) as _:
            return _run(home, world, given)
    except AgentMeshError as error:
        return _failed(given.ready_fd, error)
    except OSError as error:
        return _failed(given.ready_fd, explain_os(error, Path(error.filename or home)))


def _run(home: Path, world: World, given: argparse.Namespace) -> int:
    refuse_draft(home / KEYS)  # its config.json is none of ours either
    config = _config(home, world, given)
    means = Means(
        clock=world.clock,
        entropy=world.entropy,
        passphrase=given_passphrase(os.environ),
        framework=config.settings.framework,
    )
    files = KeyFiles(home / KEYS, means)
    keys = files.ensure(config.settings.key_storage)
    if given.keygen:
        _tell(given.ready_fd, {"ready": True, **_public(keys)})
        return 0
    signal.signal(signal.SIGUSR1, lambda *_: StopFlag(home).put_up())  # until the rooms are there
    _make_way()
    with asyncio.Runner(loop_factory=quick_loop) as runner:
        ready_fd: int | None = given.ready_fd
        stopping = Stopping(runner.get_loop(), LAST_SECONDS)
        stopping.listen()
        while runner.run(_serve(config, keys, world, ready_fd, stopping)):
            stopping.go_on()
            keys, ready_fd = files.open(), None
    return 0


def _make_way() -> None:
    """See to it that the loop is seldom held up: by the collector, a thread or the system."""
    gc.freeze()  # what was loaded is here to stay: to search it takes some 50 ms each time
    gc.set_threshold(GARBAGE)
    # The loop answers, a thread writes: neither may keep the other waiting for 5 ms.
    sys.setswitchinterval(0.0005)
    keep_freed_memory()


def _failed(ready_fd: int | None, error: AgentMeshError) -> int:
    """Say why there is no daemon, and return the exit code."""
    _tell(ready_fd, {"ok": False, "error": _told(error)})
    if ready_fd is None:
        print(f"agentmesh: {error.message} {error.hint}".rstrip(), file=sys.stderr)  # noqa: T201
    return failures.kind_of(error).exit_code


async def _serve(
    config: Config, keys: OpenKeys, world: World, ready_fd: int | None, stopping: Stopping
) -> bool:
    """Serve until told to stop; return whether to begin anew, under a successor's keys."""
    loop = asyncio.get_running_loop()

    def stop() -> answers.Stopping:
        loop.call_later(ANSWER_SECONDS, stopping.tell)  # the answer goes out first
        return answers.Stopping(pid=os.getpid())

    async with assembled(config, keys, world) as rooms, _bounded(stopping):
        loop.add_signal_handler(signal.SIGUSR1, rooms.guards.stop.begin, "signal")
        api = ControlApi(rooms, stop)
        rooms.dashboard.answer_with(api.answer)
        async with ControlServer(places.socket_in(config.home), api.answer):
            await _first_of(stopping.told.wait(), rooms.publisher.first_try(FOUND_SECONDS))
            # A successor may have taken the place of these keys just now.
            ours = rooms.hand.keys.ring.identity
            _tell(ready_fd, {"ready": True, **_public(keys), "amid": ours.amid, "did": ours.did})
            await _first_of(stopping.told.wait(), rooms.succeeding.done.wait())
            if rooms.succeeding.done.is_set():  # answers and last words go out first
                await rooms.errands.settle(LAST_WORDS_SECONDS)
                await asyncio.sleep(ANSWER_SECONDS)
    return not stopping.told.is_set()


@asynccontextmanager
async def _bounded(stopping: Stopping) -> AsyncIterator[None]:
    """Bound how long it takes to leave all that was entered before, whatever the reason is."""
    try:
        yield
    finally:
        if not stopping.told.is_set():
            stopping.bound()


async def _first_of(*awaited: Coroutine[Any, Any, object]) -> None:
    """Wait until one of these has come."""
    waits = [asyncio.ensure_future(it) for it in awaited]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)


def _config(home: Path, world: World, given: argparse.Namespace) -> Config:
    """Return the settings in force, after keeping those that were given by flags."""
    flags: dict[str, Any] = {
        name: getattr(given, name)
        for name in ("relay", "registry", "name", "key_storage")
        if getattr(given, name) is not None
    }
    if given.capability:
        flags["capabilities"] = given.capability
    config = configuration.read(home, os.environ, flags)
    kept = configuration.to_keep(home, flags)
    if kept is not None:
        write_private(home / configuration.CONFIG, kept, world.entropy)
    return config


def _public(keys: OpenKeys) -> dict[str, object]:
    return {
        "amid": keys.identity.amid,
        "did": keys.identity.did,
        "key_storage": keys.storage,
        "created": keys.created,
    }


def _told(error: AgentMeshError) -> Mapping[str, str]:
    kind = failures.kind_of(error).word
    return {"code": error.code, "message": error.message, "hint": error.hint, "kind": kind}


def _tell(ready_fd: int | None, report: Mapping[str, object]) -> None:
    """Write one line to whoever started us."""
    if ready_fd is None:
        return
    # Who started us may have given up waiting: that is no reason to end.
    with suppress(BrokenPipeError), os.fdopen(ready_fd, "wb") as pipe:
        pipe.write(msgspec.json.encode(report) + b"\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("agentmesh-daemon", description="AgentMesh's daemon.")
    parser.add_argument("--relay", metavar="URL")
    parser.add_argument("--registry", metavar="URL")
    parser.add_argument("--name")
    parser.add_argument("--capability", action="append", metavar="C")
    parser.add_argument("--key-storage", choices=("auto", "keyring", "passphrase", "file"))
    parser.add_argument("--keygen", action="store_true", help="make keys and end")
    parser.add_argument("--ready-fd", type=int, help="tell there, in a JSON line, when ready")
    return parser
