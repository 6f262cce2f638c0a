"""Commands on the daemon's process: up, down, daemon, keygen. Nothing else starts a daemon."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from agentmesh.cli import dashboard, passphrase, render, starting
from agentmesh.cli.desk import Desk, command, note
from agentmesh.control import answers, calls
from agentmesh.errors import AgentMeshError, NotRunning, TimedOut
from agentmesh.observability.world import SystemClock
from agentmesh.tools import browser

ENDED_SECONDS = 20.0
_PAUSE = 0.05
_THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]")
_AT_FIRST = "Kept; at first one on this machine."
_KEY_STORAGES = ("auto", "keyring", "passphrase", "file")

_key_storage = click.option(
    "--key-storage",
    type=click.Choice(_KEY_STORAGES),
    help="What seals the keys; auto: the keyring, if there is one, else a file's mode.",
)
_name = click.option("--name", metavar="NAME", help="How this agent calls itself.")


def _settings(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options that `up` and `daemon` hand on; the daemon keeps them in its config."""
    for option in (
        _key_storage,
        click.option(
            "--capability",
            multiple=True,
            metavar="CATEGORY[/SUBCATEGORY]",
            help="What it offers; repeatable.",
        ),
        _name,
        click.option("--registry", metavar="URL", help=f"Its registry: https://... {_AT_FIRST}"),
        click.option("--relay", metavar="URL", help=f"Its relay: wss://... {_AT_FIRST}"),
    ):
        function = option(function)
    return function


@command("up")
@_settings
@click.option("--no-open", is_flag=True, help="Do not open the dashboard.")
def up(desk: Desk, *, no_open: bool, **given: Any) -> None:
    """Make keys if there are none, start the daemon, wait until it is ready."""
    state = running(desk)
    if state is not None and any(given.values()):
        note("The daemon is running already; `agentmesh down` first, to change its settings.")
    already = state is not None
    if state is None:
        already = not _start(desk, _arguments(given))
        state = _awaited(desk)
    if state.stopped:  # an emergency stop refuses: only the owner's word lifts it
        with desk.client() as client:
            client.call(calls.Wake())
    keys = {
        "amid": state.amid,
        "did": state.did,
        "relay": state.relay.url,
        "registry": state.registry.url,
        "already_running": already,
    }
    ready = "is running already" if already else "is ready"
    desk.answer(keys, f"The daemon {ready}.\n{render.pairs(list(keys.items())[:4])}")
    for name, link in (("relay", state.relay), ("registry", state.registry)):
        if link.state == "unreachable":
            note(
                f"The {name} is not connected. It is tried again by itself; see agentmesh netcheck"
            )
            if link.url.partition("://")[2].startswith(_THIS_MACHINE):
                note(f"If none runs on this machine: `agentmesh-{name}` starts one.")
    if not (no_open or already or desk.as_json) and sys.stdout.isatty():
        _show_dashboard(desk)


def _show_dashboard(desk: Desk) -> None:
    """Open the dashboard for the person who sits there; that it does not open stops nothing."""
    if browser.has_desktop(desk.environment):
        try:
            with desk.client() as client:
                if dashboard.show(desk, client.call(calls.DashboardOpen()).url):
                    note("Your browser shows the dashboard.")
                    return
        except AgentMeshError as error:
            note(f"The dashboard does not open: {error.message}")
    note("The dashboard: agentmesh dashboard")


@command("down")
def down(desk: Desk) -> None:
    """Stop the daemon; sessions and messages stay."""
    try:
        with desk.client() as client:
            pid = client.call(calls.Stop()).pid
    except NotRunning:
        desk.answer({"was_running": False}, "The daemon is not running.")
        return
    await_end(pid)
    desk.answer({"was_running": True, "pid": pid}, "The daemon has ended.")


@command("daemon")
@_settings
def daemon(desk: Desk, **given: Any) -> None:
    """Run the daemon in the foreground, as a service manager wants it."""
    arguments = starting.command_line(desk.daemon, _arguments(given))
    environment = {**desk.environment, "AGENTMESH_HOME": str(desk.home)}
    os.execve(arguments[0], arguments, environment)  # noqa: S606 - our own program


@command("keygen")
@_name
@_key_storage
def keygen(desk: Desk, **given: Any) -> None:
    """Make this agent's keys without starting the daemon; existing ones stay."""
    report = _launch(desk, ["--keygen", *_arguments(given)])
    keys = {name: value for name, value in report.items() if name != "ready"}
    desk.answer(keys, render.pairs(keys.items()))


def _arguments(given: Mapping[str, Any]) -> list[str]:
    arguments: list[str] = []
    for name, value in given.items():
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None:
                arguments += [f"--{name.replace('_', '-')}", each]
    return arguments


def running(desk: Desk) -> answers.Status | None:
    """Return how the daemon is, or None if there is none."""
    try:
        with desk.client() as client:
            return client.call(calls.Status())
    except NotRunning:
        return None


def _start(desk: Desk, arguments: list[str]) -> bool:
    """Start the daemon; False if somebody else was quicker."""
    try:
        _launch(desk, arguments)
    except AgentMeshError as error:
        if error.code != "already_running":
            raise
        return False
    return True


def _launch(desk: Desk, arguments: list[str]) -> dict[str, Any]:
    """Start the program; if it lacks a passphrase and somebody is there, ask for it."""
    try:
        return starting.start(desk.daemon, arguments, desk.home, desk.environment)
    except AgentMeshError as error:
        if error.code != "passphrase_needed" or not passphrase.can_be_asked():
            raise
    with passphrase.typed(twice="--key-storage" in arguments) as handed:
        return starting.start(desk.daemon, arguments, desk.home, {**desk.environment, **handed})


def _awaited(desk: Desk) -> answers.Status:
    found: answers.Status | None = _poll(lambda: running(desk), starting.READY_SECONDS)
    if found is None:
        raise TimedOut("start_timed_out", "The daemon was started, but does not answer.")
    return found


def await_end(pid: int) -> None:
    """Return when the daemon has ended."""
    if _poll(lambda: None if is_alive(pid) else True, ENDED_SECONDS) is None:
        raise TimedOut(
            "stop_timed_out",
            f"The daemon (pid {pid}) has not ended within {ENDED_SECONDS:.0f} s.",
            f"`kill {pid}` ends it the hard way; nothing that was accepted is lost.",
        )


def _poll(question: Callable[[], Any], seconds: float) -> Any:
    """Ask until the answer is not None, or the time is over."""
    clock = SystemClock()
    until = clock.monotonic() + seconds
    while (answer := question()) is None and clock.monotonic() < until:
        time.sleep(_PAUSE)
    return answer


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True  # no /proc here
    return state != "Z"
