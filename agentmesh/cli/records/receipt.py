"""Commands on session receipts: what proves to others that two agents held a session."""

from pathlib import Path

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group
from agentmesh.cli.figure import Count
from agentmesh.cli.records.asking import ask
from agentmesh.cli.records.files import read_file, write_new
from agentmesh.control import answers, calls, offline

MAX_FILE = 32 * 1024


@group("receipt")
def receipt(context: click.Context) -> None:
    """List, hand out and check session receipts."""
    if context.invoked_subcommand is None:
        context.obj.ask(calls.ReceiptsList(), _show_list)


@command("list")
@click.option("--limit", type=Count(1, 100), default=20, show_default=True)
def _list(desk: Desk, limit: int) -> None:
    """List the receipts of our sessions, the youngest first."""
    desk.ask(calls.ReceiptsList(limit=limit), _show_list)


@command("show")
@click.argument("session_id")
def _show(desk: Desk, session_id: str) -> None:
    """Show what the receipt of a session proves."""
    desk.ask(calls.ReceiptsShow(session_id=session_id), _show_one)


@command("export")
@click.argument("session_id")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="A new file.")
def _export(desk: Desk, session_id: str, output: Path) -> None:
    """Write the receipt of a session into a file that anybody can check."""
    with desk.client() as client:
        found = client.call(calls.ReceiptsShow(session_id=session_id))
    write_new(output, lambda file: file.write(found.file.encode()))
    keys = {"path": str(output), "session_id": found.session_id}
    desk.answer(keys, f"The receipt is in {render.clean(str(output))}.")


@command("verify")
@click.argument("file", type=click.Path(path_type=Path))
def _verify(desk: Desk, file: Path) -> None:
    """Check a receipt; neither a daemon nor a home is needed. Exit code 8: it does not hold."""
    asked = offline.ReceiptsCheck(file=read_file(file, MAX_FILE))
    ask(desk, asked, lambda it: f"The receipt holds.\n{_show_one(it)}")


for _each in (_list, _show, _export, _verify):
    receipt.add_command(_each)


def _show_list(found: answers.Receipts) -> str:
    rows = [
        (it.session_id, render.who(it.peer_name, it.peer), it.started, it.outcome or "(begun)")
        for it in found.receipts
    ]
    told = [render.table(("SESSION", "PEER", "STARTED", "ENDED"), rows) if rows else "No receipts."]
    if found.damaged:
        told.append(f"{found.damaged} could not be read.")
    rest = found.total - len(found.receipts) - found.damaged
    if rest > 0:
        told.append(f"{rest} older: --limit")
    return "\n".join(told)


def _show_one(it: answers.Receipt) -> str:
    rows: list[tuple[str, object]] = [
        ("session", it.session_id),
        ("initiator", it.initiator),
        ("receiver", it.receiver),
        ("started", it.started),
        ("suite", it.suite),
    ]
    if it.outcome:
        said = f"{it.initiator_messages} and {it.receiver_messages}"
        rows += [("ended", it.outcome), ("messages", f"{said}, of initiator and receiver")]
        rows.append(("words", it.transcript or "the two did not see the same"))
        kind = "Both have signed that they held this session, and how it ended."
    else:
        kind = "Both have signed that they held this session; not how it ended."
    return f"{render.pairs(rows)}\n{kind}"
