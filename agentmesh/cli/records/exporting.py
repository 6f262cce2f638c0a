"""The command `transcripts export`: a whole transcript as a file, for people or for programs."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command
from agentmesh.cli.records.asking import Records
from agentmesh.cli.records.files import write_new
from agentmesh.cli.records.pages import paragraph
from agentmesh.control import answers, calls
from agentmesh.errors import UsageError

Form = Callable[[answers.Entry], str]


@command("export")
@click.argument("session_id")
@click.option(
    "--format", "form", type=click.Choice(("json", "markdown", "text")), default="json",
    show_default=True,
)  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path), help="A new file, instead of stdout.")
def export(desk: Desk, session_id: str, form: str, output: Path | None) -> None:
    """Write a transcript down in the open: JSON has one entry a line.

    What a peer said is quoted, and cannot pass for a line of ours.
    """
    if output is None and desk.as_json:
        raise UsageError("usage_error", "With --json, an --output has to be named.")
    with Records(desk) as records:
        if output is None:
            out = sys.stdout.buffer
            _write(records, session_id, FORMS[form], out)
            return
        counted: list[int] = []
        write_new(
            output, lambda file: counted.append(_write(records, session_id, FORMS[form], file))
        )
    keys = {"path": str(output), "session_id": session_id, "entries": counted[0]}
    desk.answer(keys, f"{counted[0]} entries are in {render.clean(str(output))}.")


def _write(records: Records, session_id: str, form: Form, file: BinaryIO) -> int:
    count = 0
    for entry in _entries(records, session_id):
        file.write(form(entry).encode(errors="replace") + b"\n")
        count += 1
    return count


def _entries(records: Records, session_id: str) -> Iterator[answers.Entry]:
    place = ""
    while True:
        page = records.call(calls.TranscriptsRead(session_id=session_id, place=place))
        yield from page.entries
        if page.damaged:
            yield _damage(page.entries[-1].number + 1 if page.entries else 1)
        place = page.next
        if not place:
            return


def _damage(number: int) -> answers.Entry:
    return answers.Entry(
        number=number,
        at="",
        kind="note",
        peer="",
        peer_name="",
        message_id="",
        type="damaged",
        payload="What follows does not open: it was changed, moved or broken.",
    )


def _json(entry: answers.Entry) -> str:
    # In ASCII: a terminal obeys nothing that a peer wrote.
    return json.dumps(msgspec.to_builtins(entry))


def _text(entry: answers.Entry) -> str:
    return paragraph(entry) + "\n"


def _markdown(entry: answers.Entry) -> str:
    """Return a heading, and what was said as an indented block, in which nothing is markup."""
    head, _, said = paragraph(entry).partition("\n")
    quoted = "\n".join(f"  {line}" for line in said.split("\n")) if said else ""
    escaped = "".join(f"\\{it}" if it in "\\`*_{}[]<>#!|~" else it for it in head)
    return f"### {escaped}\n" + (f"\n{quoted}\n" if quoted else "")


FORMS: dict[str, Form] = {"json": _json, "text": _text, "markdown": _markdown}
