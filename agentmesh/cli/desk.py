"""What every command has at hand: the home, the daemon, and where its answer is written."""

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click
import msgspec

from agentmesh.cli import render
from agentmesh.cli.overview import Overview
from agentmesh.control import answers, calls, places
from agentmesh.control.client import Client
from agentmesh.errors import AgentMeshError

A = TypeVar("A", bound=answers.Answer)
Command = TypeVar("Command", bound=Callable[..., Any])

DAEMON = "agentmesh.daemon"
"""The module that is run as the daemon."""

_as_json = click.option("--json", is_flag=True, expose_value=False, help="Print one JSON document.")


class Desk:
    """Where a command asks and answers. With `--json`, stdout gets one document and no more."""

    def __init__(
        self, *, as_json: bool, environment: Mapping[str, str] | None = None, daemon: str = DAEMON
    ) -> None:
        self.as_json = as_json
        self.daemon = daemon
        self.environment = environment if environment is not None else os.environ

    @property
    def home(self) -> Path:
        """The directory of this agent."""
        return places.home(self.environment)

    def client(self, permit: calls.Permit = "owner") -> Client:
        """Return the daemon's other end; it is dialled when it is asked."""
        return Client(self.home, permit, self.environment)

    def ask(self, request: calls.Request[A], for_people: Callable[[A], str]) -> None:
        """Ask the daemon and print its answer."""
        with self.client() as client:
            if self.as_json:
                self.write_raw(client.ask(request))
            else:
                say(for_people(client.call(request)))

    def answer(self, keys: Mapping[str, Any], for_people: str) -> None:
        """Print an answer that was not the daemon's."""
        if self.as_json:
            self.write_raw(msgspec.Raw(msgspec.json.encode(keys)))
        else:
            say(for_people)

    def write_raw(self, answered: bytes | msgspec.Raw, *, ok: bool = True) -> None:
        """Print the JSON object `answered` with `ok` in front."""
        inside = bytes(answered).strip()[1:-1].strip()
        start = b'{"ok":true' if ok else b'{"ok":false'
        document = (start + (b"," if inside else b"") + inside + b"}").decode()
        _write(sys.stdout, _for_terminals(document))

    def fail(self, error: AgentMeshError, **more: Any) -> None:
        """Print what went wrong; with `--json` on stdout, else for people on stderr."""
        if self.as_json:
            told = {"code": error.code, "message": error.message, "hint": error.hint}
            self.write_raw(msgspec.json.encode({"error": told, **more}), ok=False)
            return
        note(f"Error: {error.message}")
        if error.hint:
            note(error.hint)


def command(name: str) -> Callable[[Callable[..., None]], click.Command]:
    """Make a function a command, with `--json`; its first argument is the desk."""
    return lambda function: click.command(name)(_as_json(click.pass_obj(function)))


def group(name: str) -> Callable[[Callable[..., None]], click.Group]:
    """Make a function a group of commands, and what happens when none of them is named."""

    def grouped(function: Callable[..., None]) -> click.Group:
        return click.group(name, cls=Overview, invoke_without_command=True)(
            _as_json(click.pass_context(function))
        )

    return grouped


def say(text: str) -> None:
    """Write lines to stdout. Whoever wrote them: no terminal obeys what is in them."""
    _write(sys.stdout, render.lines(text))


def note(text: str) -> None:
    """Write to stderr: a diagnostic, never an answer. One that cannot be written is no failure."""
    with suppress(OSError):
        _write(sys.stderr, render.lines(text))


def _write(stream: TextIO, text: str) -> None:
    stream.write(text.encode(stream.encoding or "utf-8", "replace").decode(stream.encoding) + "\n")
    stream.flush()


def _for_terminals(document: str) -> str:
    """Return JSON that a terminal does not obey: JSON leaves C1 and bidi characters as they are."""
    if not sys.stdout.isatty() or (document.isascii() and document.isprintable()):
        return document
    import json  # noqa: PLC0415 - only for terminals

    return json.dumps(json.loads(document))
