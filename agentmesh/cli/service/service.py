"""The command `service`: the daemon runs without anybody starting it."""

import os
import time
from pathlib import Path

import click

from agentmesh.cli import process, starting
from agentmesh.cli.desk import Desk, command, group, note
from agentmesh.cli.passphrase import DESCRIPTOR
from agentmesh.cli.service.managers import Manager, State, manager
from agentmesh.cli.service.units import Unit, name_of
from agentmesh.control import answers, calls, places
from agentmesh.errors import AgentMeshError, IntegrityError, UsageError
from agentmesh.observability.world import SystemClock

_PAUSE = 0.2
_GONE_SECONDS = 2.0
_LINGER = "It runs while you are logged in. `loginctl enable-linger` keeps it running always."


@group("service")
def service(context: click.Context) -> None:
    """Have the system start the daemon, and start it again when it fails."""
    if context.invoked_subcommand is None:
        _show(context.obj)


@command("install")
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    help="Where the passphrase is read from, if that is what seals the keys (systemd only).",
)
@click.option("--no-start", is_flag=True, help="Start it with the next login only.")
def _install(desk: Desk, *, passphrase_file: Path | None, no_start: bool) -> None:
    """Install and start it. A daemon that runs already is replaced; keys and messages stay."""
    service_manager, unit = manager(desk.environment), _unit(desk, passphrase_file)
    places.private_directory(desk.home)
    places.private_directory(unit.log.parent)
    service_manager.install(unit)
    keys = {"manager": service_manager.word, "name": unit.name}
    keys["file"] = str(service_manager.path(unit.name))
    if no_start:
        desk.answer({**keys, "started": False}, f"Installed: {keys['file']}")
        return
    state = _start(desk, service_manager, unit)
    linger = f"\n{_LINGER}" if service_manager.word == "systemd" else ""
    told = f"The daemon of {state.amid} runs as the service {unit.name}.{linger}"
    desk.answer({**keys, "started": True, "amid": state.amid}, told)


@command("uninstall")
def _uninstall(desk: Desk) -> None:
    """Stop it and remove it; keys, contacts and messages stay."""
    service_manager, name = manager(desk.environment), _name(desk)
    was_installed = service_manager.state(name).is_installed
    if was_installed:
        service_manager.uninstall(name)
    told = f"The service {name} is removed." if was_installed else "There is no such service."
    desk.answer({"name": name, "was_installed": was_installed}, told)


@command("status")
def _status(desk: Desk) -> None:
    """Show whether it is installed, and runs."""
    _show(desk)


for _each in (_install, _uninstall, _status):
    service.add_command(_each)


def _show(desk: Desk) -> None:
    service_manager, name = manager(desk.environment), _name(desk)
    state, running = service_manager.state(name), process.running(desk)
    keys = {
        "manager": service_manager.word,
        "name": name,
        "installed": state.is_installed,
        "active": state.is_active,
        "pid": state.pid,
        "state": state.words,
        "daemon_running": running is not None,
    }
    desk.answer(keys, _told(name, state, is_running=running is not None))


def _told(name: str, state: State, *, is_running: bool) -> str:
    if not state.is_installed:
        by_hand = "The daemon runs, started by hand" if is_running else "The daemon does not run"
        return f"Not installed. {by_hand}. `agentmesh service install` installs it."
    words = f"The service {name} is installed: {state.words}."
    if is_running and not state.is_active:
        words += " The daemon runs, started by hand; `agentmesh service install` takes it over."
    return f"{words} Process {state.pid}." if state.pid else words


def _unit(desk: Desk, passphrase_file: Path | None) -> Unit:
    """Return the service; what is set for the daemon here is set for it there."""
    ours = {name: it for name, it in desk.environment.items() if name.startswith("AGENTMESH_")}
    ours.pop(DESCRIPTOR, None)
    environment = sorted({**ours, "AGENTMESH_HOME": str(desk.home)}.items())
    if found_by := desk.environment.get("PYTHONPATH"):  # what finds our program finds it then
        folders = [str(Path(folder).absolute()) for folder in found_by.split(os.pathsep)]
        environment.append(("PYTHONPATH", os.pathsep.join(folders)))
    return Unit(
        name=_name(desk),
        home=desk.home,
        program=tuple(starting.command_line(desk.daemon, ())),
        environment=tuple(environment),
        passphrase=_readable(passphrase_file) if passphrase_file else None,
    )


def _readable(path: Path) -> Path:
    try:
        found = path.stat()
    except OSError as error:
        raise UsageError("passphrase_unreadable", f"{path}: {error.strerror}.") from None
    if found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise UsageError("passphrase_not_private", f"Others may read {path}.", f"chmod 600 {path}")
    return path.absolute()


def _name(desk: Desk) -> str:
    return name_of(desk.home, places.home({}))


def _start(desk: Desk, service_manager: Manager, unit: Unit) -> answers.Status:
    """Start the service; if the daemon does not come up, leave nothing that tries for ever."""
    if not service_manager.state(unit.name).is_active and process.running(desk) is not None:
        note("The daemon that runs is stopped, and goes on as the service.")
        with desk.client() as client:
            process.await_end(client.call(calls.Stop()).pid)
    try:
        service_manager.start(unit.name)
        return _come_up(desk, service_manager, unit)
    except AgentMeshError:
        service_manager.uninstall(unit.name)
        raise


def _come_up(desk: Desk, service_manager: Manager, unit: Unit) -> answers.Status:
    """Return how the daemon is once it answers; one that has ended is not waited for."""
    clock = SystemClock()
    seen = began = clock.monotonic()
    while clock.monotonic() < min(began + starting.READY_SECONDS, seen + _GONE_SECONDS):
        if (status := process.running(desk)) is not None:
            return status
        if service_manager.state(unit.name).pid:
            seen = clock.monotonic()
        time.sleep(_PAUSE)
    raise IntegrityError(
        "service_start_failed",
        f"The daemon does not run as a service.{starting.last_words(unit.log)}",
        "Nothing is left installed. Mend what it says, and try again.",
    )
