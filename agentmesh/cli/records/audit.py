"""Commands on the audit log: what it says, whether it is whole, and handing it out."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group
from agentmesh.cli.figure import Count
from agentmesh.cli.records.asking import Records, ask
from agentmesh.cli.records.files import write_new
from agentmesh.cli.records.times import moment
from agentmesh.control import answers, calls, offline
from agentmesh.errors import IntegrityError

_SHOWN = 20
_WORDS = {
    "unreadable": "no line of the log",
    "edited": "changed since it was written",
    "missing": "lines before it are missing",
    "out_of_order": "not in its place",
    "unchained": "does not belong behind the line before",
    "cut_off": "the newest lines are gone",
}


@group("audit")
def audit(context: click.Context) -> None:
    """See the audit log, examine it, hand it out."""
    if context.invoked_subcommand is None:
        ask(context.obj, calls.AuditShow(), _show_records)


def _choice(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options that choose lines."""
    for option in (
        click.option("--until", default="", help="Before then."),
        click.option("--since", default="", help="From then on: 7d, 12h, 2026-01-31."),
        click.option("--peer", default="", help="Only what concerns this peer."),
        click.option("--kind", "kinds", multiple=True, help="Only these events; repeatable."),
    ):
        function = option(function)
    return function


def _chosen(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "since": moment(given["since"]), "until": moment(given["until"])}


@command("show")
@_choice
@click.option("--limit", type=Count(1, 1000), default=50, show_default=True)
def _show(desk: Desk, limit: int, **given: Any) -> None:
    """Show the last lines."""
    ask(desk, calls.AuditShow(**_chosen(given), limit=limit), _show_records)


@command("verify")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--expect", default="", metavar="HEAD", help="A head that you kept elsewhere.")
def _verify(desk: Desk, file: Path | None, expect: str) -> None:
    """Examine the log, or an export of anybody's log; a daemon need not run.

    Exit code 8: something was changed, moved, left out or cut off.
    """
    if file is not None:
        asked = offline.AuditCheck(path=str(file.absolute()))
        ask(desk, asked, _show_checked)
        return
    with Records(desk) as records:
        raw = records.ask(calls.AuditVerify(expect=expect))
    report = msgspec.json.decode(raw, type=answers.AuditReport)
    if report.whole:
        desk.answer(msgspec.to_builtins(report), _show_whole(report))
        return
    desk.fail(_damaged(report), **msgspec.to_builtins(report))
    raise click.exceptions.Exit(8)


@command("head")
def _head(desk: Desk) -> None:
    """Print where the log stands: kept elsewhere, it shows later that nothing was cut off."""
    ask(desk, calls.AuditHead(), lambda it: it.head)


@command("export")
@_choice
@click.option("--output", required=True, type=click.Path(path_type=Path), help="A new file.")
def _export(desk: Desk, output: Path, **given: Any) -> None:
    """Write chosen lines into a file that the agent signs, so that others can check it.

    They do so with `agentmesh audit verify FILE`. It holds no content, but who talked to whom.
    """
    chosen = _chosen(given)
    with Records(desk) as records:
        sealed: list[answers.AuditSealed] = []
        write_new(output, lambda file: sealed.append(_write(records, chosen, file)))
    (seal,) = sealed
    keys = {"path": str(output), "lines": seal.lines, "whole": seal.whole}
    warning = "" if seal.whole else "\nThe log is damaged, and the file says so: audit verify"
    desk.answer(keys, f"{seal.lines} lines are in {render.clean(str(output))}.{warning}")


def _write(records: Records, chosen: dict[str, Any], file: BinaryIO) -> answers.AuditSealed:
    digest, place, up_to = hashlib.sha256(), "", 0
    while True:
        page = records.call(calls.AuditExport(**chosen, place=place, up_to=up_to))
        data = "".join(page.lines).encode()
        digest.update(data)
        file.write(data)
        place, up_to = page.next, page.up_to
        if not place:
            break
    sealed = records.call(calls.AuditSeal(**chosen, up_to=up_to))
    if sealed.sha256 != digest.hexdigest():
        raise IntegrityError("audit_changed", "The log changed meanwhile.", "Try again.")
    file.write(sealed.line.encode())
    return sealed


for _each in (_show, _verify, _head, _export):
    audit.add_command(_each)


def _show_records(found: answers.AuditRecords) -> str:
    return "\n".join(map(_line, found.records)) or "No records."


def _line(record: dict[str, Any]) -> str:
    fields = record.get("fields")
    told = fields.items() if isinstance(fields, dict) else ()
    facts = " ".join(f"{name}={value}" for name, value in told)
    return render.clean(f"{record.get('time')}  {record.get('event')}  {facts}".rstrip())


def _show_whole(report: answers.AuditReport) -> str:
    rows: list[tuple[str, object]] = [
        ("lines", f"{report.lines} in {report.files} files"),
        ("head", report.head),
    ]
    if report.start:
        rows.append(("let go", f"the first {report.start} lines, as the policy says"))
    if report.waiting:
        rows.append(("waiting", f"{report.waiting} facts for room on the disk"))
    if report.lost:
        rows.append(("lost", f"{report.lost} facts found no room on the disk"))
    return f"The audit log is whole.\n{render.pairs(rows)}"


def _damaged(report: answers.AuditReport) -> IntegrityError:
    listed = [
        f"  {it.file}, line {it.line}: {_WORDS.get(it.what, it.what)}"
        for it in report.problems[:_SHOWN]
    ]
    more = len(report.problems) - len(listed)
    if more:
        listed.append(f"  and {more} more")
    told = "\n".join(map(render.clean, listed))
    return IntegrityError(
        "audit_damaged",
        f"The audit log is not as we wrote it.\n{told}",
        "Find out who writes to its directory; then move its files away.",
    )


def _show_checked(it: answers.AuditChecked) -> str:
    rows: list[tuple[str, object]] = [
        ("signed by", it.amid),
        ("exported", it.exported_at),
        ("lines", f"{it.lines}, numbers {it.first} to {it.last}"),
        ("head", it.head),
    ]
    for name, value in (("kinds", ", ".join(it.kinds)), ("peer", it.peer)):
        if value:
            rows.append((f"only {name}", value))
    if it.since or it.until:
        rows.append(("only", f"{it.since or 'the beginning'} to {it.until or 'the end'}"))
    whole = "" if it.whole else "\nBut its agent says that its log was damaged when it made this."
    return f"Nothing in this export was changed since it was signed.\n{render.pairs(rows)}{whole}"
