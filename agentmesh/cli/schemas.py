"""Commands on schemas: which there are, one's own, and whether data fits."""

import json
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group
from agentmesh.control import answers, calls
from agentmesh.errors import UsageError

MAX_FILE = 512 * 1024


@group("schemas")
def schemas(context: click.Context) -> None:
    """See by which schemas messages are checked, and keep schemas of your own."""
    if context.invoked_subcommand is None:
        context.obj.ask(calls.SchemasList(), _show_list)


@command("list")
def _list(desk: Desk) -> None:
    """List the schemas: those of the standard and your own."""
    desk.ask(calls.SchemasList(), _show_list)


@command("show")
@click.argument("schema_id", metavar="ID")
def _show(desk: Desk, schema_id: str) -> None:
    """Show a schema."""
    desk.ask(calls.SchemasShow(id=schema_id), lambda it: json.dumps(it.document, indent=2))


@command("add")
@click.argument("file")
@click.option("--id", "schema_id", default="", help="x-<namespace>/<schema>/v<n>; else its `$id`.")
def _add(desk: Desk, file: str, schema_id: str) -> None:
    """Keep the Draft-07 schema in FILE, under an id x-<namespace>/<schema>/v<number>.

    `-` reads from stdin. A schema of the same id is replaced.
    """
    document = _read(file)
    if not isinstance(document, dict):
        raise UsageError("invalid_schema", "A schema is a JSON object.")
    named = schema_id or document.get("$id", "")
    if not isinstance(named, str) or not named:
        raise UsageError(
            "invalid_schema_id",
            "The schema has no `$id`.",
            "Name it: --id x-<namespace>/<schema>/v1",
        )
    desk.ask(calls.SchemasAdd(id=named, document=document), lambda it: f"{it.id} is kept.")


@command("remove")
@click.argument("schema_id", metavar="ID")
def _remove(desk: Desk, schema_id: str) -> None:
    """Forget a schema of your own."""
    desk.ask(calls.SchemasRemove(id=schema_id), lambda it: f"{it.id} is forgotten.")


@command("publish")
@click.argument("schema_id", metavar="ID")
def _publish(desk: Desk, schema_id: str) -> None:
    """Publish a schema of your own at the registry: for good, and under your agent's name."""
    desk.ask(calls.SchemasPublish(id=schema_id), lambda it: f"{it.id} is published.")


@command("fetch")
@click.argument("schema_id", metavar="ID")
def _fetch(desk: Desk, schema_id: str) -> None:
    """Keep a schema that somebody published, and say who signed it."""
    desk.ask(
        calls.SchemasFetch(id=schema_id),
        lambda it: f"{it.id} is kept, as {it.author} signed it at {it.published_at}.",
    )


@command("check")
@click.argument("schema_id", metavar="ID")
@click.argument("file")
def _check(desk: Desk, schema_id: str, file: str) -> None:
    """Say what in the JSON data in FILE does not fit a schema. `-` reads from stdin.

    The exit code is 5 where something does not.
    """
    with desk.client() as client:
        checked = client.call(calls.SchemasCheck(id=schema_id, data=_read(file)))
    desk.answer(msgspec.to_builtins(checked), _show_checked(checked))
    if not checked.fits:
        raise click.exceptions.Exit(5)


for _each in (_list, _show, _add, _remove, _publish, _fetch, _check):
    schemas.add_command(_each)


def _read(file: str) -> Any:
    """Return the JSON value in a file."""
    try:
        source = sys.stdin.buffer if file == "-" else Path(file).open("rb")  # noqa: SIM115
        with source:
            text = source.read(MAX_FILE + 1)
    except OSError as error:
        raise UsageError("file_unreadable", f"{file}: {error.strerror}.") from None
    if len(text) > MAX_FILE:
        raise UsageError("file_too_large", f"{file}: more than {MAX_FILE // 1024} KiB.")
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:
        raise UsageError("not_json", f"{file}: {error}.") from None


def _show_list(found: answers.Schemas) -> str:
    rows = ((it.id, it.origin, it.title) for it in found.schemas)
    return render.table(("SCHEMA", "ORIGIN", "TITLE"), rows)


def _show_checked(checked: answers.SchemaChecked) -> str:
    if checked.fits:
        return f"It fits {checked.id}."
    return render.problems(checked.problems)
