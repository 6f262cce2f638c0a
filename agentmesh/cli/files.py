"""Commands on files: what comes and goes, and the owner's decision. `send --file` begins here."""

import os
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import msgspec

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group, say
from agentmesh.cli.figure import Figure
from agentmesh.cli.progress import Meter, line, size
from agentmesh.control import answers, calls, failures
from agentmesh.control.client import Client
from agentmesh.errors import AgentMeshError, Refused, UsageError, plain
from agentmesh.observability.world import SystemClock

MAX_WAIT_SECONDS = 7 * 86400
_LOOK_SECONDS = 0.1
_OVER = {"done", "refused", "cancelled", "failed"}
_OUTCOMES = {"done": "delivered", "refused": "refused", "cancelled": "refused"}

_clock = SystemClock()
_wait = click.option(
    "--wait",
    type=Figure(0, MAX_WAIT_SECONDS),
    metavar="SECONDS",
    help="Show how far it is, until it is over or so long.",
)


@group("files")
def files(context: click.Context) -> None:
    """List the files that come and go, and decide about those that are offered."""
    if context.invoked_subcommand is None:
        context.obj.ask(calls.FilesList(), _show_all)


@command("list")
def _list(desk: Desk) -> None:
    """List the files that come and go."""
    desk.ask(calls.FilesList(), _show_all)


@command("show")
@click.argument("file_id", metavar="ID")
@_wait
def _show(desk: Desk, file_id: str, wait: float | None) -> None:
    """Show one transfer."""
    with desk.client() as client:
        _tell(desk, _followed(desk, client, calls.FilesShow(id=file_id), wait)[0])


@command("accept")
@click.argument("file_id", metavar="ID")
@_wait
def _accept(desk: Desk, file_id: str, wait: float | None) -> None:
    """Take a file; it lands in the quarantine folder, and nothing opens it."""
    with desk.client() as client:
        _tell(desk, _followed(desk, client, calls.FilesAccept(id=file_id), wait)[0])


@command("refuse")
@click.argument("file_id", metavar="ID")
def _refuse(desk: Desk, file_id: str) -> None:
    """Do not take a file; its sender is told."""
    desk.ask(calls.FilesRefuse(id=file_id), lambda it: _describe(it.file))


@command("cancel")
@click.argument("file_id", metavar="ID")
def _cancel(desk: Desk, file_id: str) -> None:
    """Stop a transfer of either direction; the peer is told."""
    desk.ask(calls.FilesCancel(id=file_id), lambda it: _describe(it.file))


for _each in (_list, _show, _accept, _refuse, _cancel):
    files.add_command(_each)


def send_file(desk: Desk, peer: str, path: str, wait: float | None, more: dict[str, Any]) -> None:
    """Send a file, and say what became of it; `more` is said beside it."""
    # Links are followed here, where the owner named them; the daemon follows none.
    named = Path(os.path.realpath(path))
    if not named.exists():
        raise UsageError("file_not_found", f"There is no file {path}.")
    with desk.client() as client:
        request = calls.FilesSend(to=peer, path=str(named))
        found, seconds, is_late = _followed(desk, client, request, wait)
    outcome = _OUTCOMES.get(found.state, "undeliverable" if found.state in _OVER else "queued")
    told = {
        **more,
        "transfer_id": found.transfer_id,
        "outcome": outcome,
        "reason": found.reason,
        "bytes": found.size,
        "done": found.done,
        "seconds": round(seconds, 3),
        **({"timed_out": True} if is_late else {}),
    }
    if outcome in {"queued", "delivered"}:
        desk.answer(told, render.clean(f"{outcome}  {found.transfer_id}  {line(found)}"))
        return
    error = refusal(found)
    desk.fail(error, **(told if desk.as_json else {}))
    raise click.exceptions.Exit(failures.kind_of(error).exit_code)


def refusal(found: answers.File) -> AgentMeshError:
    """Return what the end of a transfer is to its sender."""
    why = f": {plain(found.reason)}." if found.reason else "."
    sentences = {"refused": "The file was refused", "failed": "The file could not be sent"}
    sentence = sentences.get(found.state, "The transfer was cancelled")
    return Refused(found.reason or found.state, sentence + why, "agentmesh files")


def _followed(
    desk: Desk, client: Client, request: calls.Request[answers.OneFile], wait: float | None
) -> tuple[answers.File, float, bool]:
    """Ask, and follow the transfer; return it, the seconds that took, and whether time is over."""
    began = _clock.monotonic()
    found = client.call(request).file
    if wait is None:
        return found, 0.0, False
    with closing(Meter(None if desk.as_json else sys.stderr)) as meter:
        while True:
            meter.show(found)
            passed = _clock.monotonic() - began
            if found.state in _OVER or passed >= wait:
                return found, passed, found.state not in _OVER
            look = min(_LOOK_SECONDS, wait - passed)
            found = client.call(calls.FilesShow(id=found.transfer_id, wait=look)).file


def _tell(desk: Desk, found: answers.File) -> None:
    if desk.as_json:
        desk.write_raw(msgspec.json.encode(answers.OneFile(file=found)))
    else:
        say(_describe(found))


def _show_all(found: answers.Files) -> str:
    if not found.files:
        return "No files."
    rows = (
        (
            it.transfer_id,
            "to" if it.direction == "out" else "from",
            it.peer_name or it.peer,
            it.name,
            size(it.size),
            line(it),
        )
        for it in found.files
    )
    return render.table(("ID", "", "PEER", "NAME", "SIZE", "STATE"), rows)


def _describe(it: answers.File) -> str:
    rows: list[tuple[str, object]] = [
        ("transfer", it.transfer_id),
        ("to" if it.direction == "out" else "from", render.who(it.peer_name, it.peer)),
        ("name", it.name),
        ("type", it.media_type or "unknown"),
        ("size", f"{size(it.size)} ({it.size} bytes)"),
        ("state", line(it)),
    ]
    if it.path:
        rows.append(("path", it.path))
    return render.pairs(rows)
