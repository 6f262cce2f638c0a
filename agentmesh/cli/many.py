"""`agentmesh send PEER --lines FILE`: each line is a message of its own.

Lines are kept in pieces, each as a whole or not at all, one after the other: whenever it ends, it
says up to which line they are kept.
"""

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import click

from agentmesh.cli import streams
from agentmesh.cli.desk import Desk, note
from agentmesh.cli.lines import Line, arriving
from agentmesh.control import answers, calls, failures
from agentmesh.control.client import Client
from agentmesh.control.pieces import pieces
from agentmesh.errors import AgentMeshError, NotRunning, TimedOut, TransportError, UsageError

MAX_TRIES = 120
"""So often a piece is offered while there is no room: for a minute nothing gets through."""
AGAIN_SECONDS = 0.5
SHOW_EVERY = 2000
_FULL = {"outbox_full", "peer_busy"}

Asks = Callable[[list[calls.Body]], calls.SendAll]


@dataclass
class Kept:
    """What is kept by now, and the lines of which that is not known yet."""

    message_ids: list[str] = field(default_factory=list)
    waiting: int = 0
    last: int = 0
    unknown: tuple[int, int] = (0, 0)
    shown: int = 0

    def __str__(self) -> str:
        """Return it in words."""
        told = f"{len(self.message_ids)} messages are kept"
        if self.last:
            told += f", up to line {self.last}"
        first, last = self.unknown
        return f"{told}; whether lines {first} to {last} are is not known." if first else f"{told}."

    def document(self) -> dict[str, Any]:
        """Return it for programs."""
        told = {"kept": len(self.message_ids), "last_line": self.last}
        if self.unknown[0]:
            told["unknown_up_to_line"] = self.unknown[1]
        return {**told, "message_ids": self.message_ids}

    def show(self) -> None:
        """Show on a terminal how far it is, now and then."""
        if sys.stderr.isatty() and len(self.message_ids) >= self.shown + SHOW_EVERY:
            self.shown = len(self.message_ids)
            note(f"{len(self.message_ids)} messages are kept, up to line {self.last} ...")


def send_lines(desk: Desk, path: str, asks: Asks) -> None:
    """Send every line of a file, or of stdin; say how many are kept, and why not all of them."""
    kept = Kept()
    try:
        with _opened(path) as stream, desk.client() as client:
            for lines in arriving(stream):
                _send(client, lines, asks, kept)
    except KeyboardInterrupt:
        note(f"Stopped. {kept}")
        raise
    except (AgentMeshError, OSError) as failed:
        error = streams.failure(failed) if isinstance(failed, OSError) else failed
        _told(desk, error, kept)
        raise click.exceptions.Exit(failures.kind_of(error).exit_code) from None
    desk.answer(kept.document(), str(kept) + _about_approval(kept.waiting))


def _about_approval(waiting: int) -> str:
    return f" {waiting} of them wait for your approval: agentmesh approvals" if waiting else ""


def _opened(path: str) -> AbstractContextManager[BufferedIOBase]:
    if path == "-":
        return nullcontext(sys.stdin.buffer)  # type: ignore[arg-type] # what it is
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise UsageError("file_unreadable", f"{path}: {error.strerror}.") from None


def _send(client: Client, lines: list[Line], asks: Asks, kept: Kept) -> None:
    """Send lines, as many at a time as may be; an error is about a line of the file."""
    first = 0
    for piece in pieces([line.text for line in lines]):
        these = lines[first : first + len(piece)]
        first += len(piece)
        kept.unknown = these[0].number, these[-1].number
        try:
            told = _ask(client, asks(piece))
        except AgentMeshError as error:
            if not isinstance(error, NotRunning | TimedOut) or error.code == "not_running":
                kept.unknown = (0, 0)  # the daemon said so
            error.at = these[error.at - 1].number if error.at else 0
            raise
        kept.unknown, kept.last = (0, 0), these[-1].number
        kept.message_ids += (sent.message_id for sent in told.messages)
        kept.waiting += sum(isinstance(sent.approval_id, str) for sent in told.messages)
        kept.show()


def _ask(client: Client, request: calls.SendAll) -> answers.SentAll:
    """Ask again for a while where there is no room: what was refused was refused as a whole."""
    for _ in range(MAX_TRIES - 1):
        try:
            return client.call(request)
        except TransportError as error:
            if error.code not in _FULL:
                raise
        time.sleep(AGAIN_SECONDS)
    return client.call(request)


def _told(desk: Desk, error: AgentMeshError, kept: Kept) -> None:
    why = f"Line {error.at}: {error.message}" if error.at else error.message
    shown = type(error)(error.code, why, error.hint)
    if desk.as_json:
        desk.fail(shown, line=error.at, **kept.document())
        return
    desk.fail(shown)
    note(str(kept))
