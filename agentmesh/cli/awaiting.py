"""Waiting for an answer, with the peer's word on how far it has come."""

import sys

import msgspec
from msgspec import UNSET

from agentmesh.cli import render
from agentmesh.cli.desk import note
from agentmesh.control import answers, calls
from agentmesh.control.client import Client
from agentmesh.observability.world import SystemClock

_SETTLED = {"refused", "undeliverable"}


def follow(client: Client, request: calls.Send | calls.Reply, seconds: float) -> answers.Sent:
    """Send a request, and show progress on stderr until it is answered or the time is over."""
    clock = SystemClock()
    until = clock.monotonic() + seconds
    first = client.call(msgspec.structs.replace(request, wait=None))
    line = _Line()
    sent, seen = first, ""
    while sent.outcome not in _SETTLED and sent.reply is None:
        left = until - clock.monotonic()
        asked = calls.Outcome(message_id=first.message_id, seen=seen, wait=max(left, 0))
        sent = client.call(asked)
        if sent.progress is UNSET or sent.progress.message_id == seen:
            break
        seen = sent.progress.message_id
        line.show(render.progress(sent.progress))
    line.end()
    return msgspec.structs.replace(sent, schema_problems=first.schema_problems)


class _Line:
    """One line of a terminal, written over and over; elsewhere a line each."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._length = 0

    def show(self, text: str) -> None:
        """Show this text instead of the one before."""
        if not self._is_terminal:
            note(text)
            return
        sys.stderr.write("\r" + text.ljust(self._length))
        sys.stderr.flush()
        self._length = len(text)

    def end(self) -> None:
        """Go on to the next line."""
        if self._length:
            note("")
