"""Asking about records: the daemon if it runs, else a program of ours that opens the home."""

import os
import select
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from agentmesh.cli import passphrase, starting
from agentmesh.cli.desk import Desk, say
from agentmesh.cli.passphrase import handed_in
from agentmesh.control import answers, calls, offline, rpc
from agentmesh.control.client import Client
from agentmesh.errors import AgentMeshError, IntegrityError, NotRunning, TimedOut

A = TypeVar("A", bound=answers.Answer)

ANSWER_SECONDS = 600.0
"""A log or a backup of some gigabytes takes its time."""
_CHUNK = 1 << 20


class Offline:
    """The program; it is started with the first question."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._process: subprocess.Popen[bytes] | None = None
        self._number = 0

    def ask(self, request: calls.Request[A]) -> msgspec.Raw:
        """Ask; if the keys lack a passphrase and somebody is there, ask for that."""
        try:
            return self._ask(request, {})
        except AgentMeshError as error:
            if error.code != "passphrase_needed" or not passphrase.can_be_asked():
                raise
        self.close()
        with passphrase.typed(twice=False) as handed:
            return self._ask(request, handed)

    def close(self) -> None:
        """End the program."""
        if self._process is not None and self._process.stdin and self._process.stdout:
            with suppress(BrokenPipeError):  # it has ended by itself
                self._process.stdin.close()
            self._process.stdout.close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
        self._process = None

    def _ask(self, request: calls.Request[A], handed: Mapping[str, str]) -> msgspec.Raw:
        process = self._process or self._start(handed)
        self._number += 1
        line = rpc.call_line(self._number, offline.name_of(request), request)
        try:
            assert process.stdin is not None  # noqa: S101 (it is a pipe: see `_start`)
            process.stdin.write(line)
            process.stdin.flush()
        except OSError:
            raise _ended() from None
        return rpc.result_of(rpc.read_line(self._line(process)))

    def _line(self, process: "subprocess.Popen[bytes]") -> bytes:
        assert process.stdout is not None  # noqa: S101
        source, heard = process.stdout.fileno(), bytearray()
        while not heard.endswith(b"\n"):
            if not select.select([source], [], [], ANSWER_SECONDS)[0]:
                process.kill()
                raise TimedOut("answer_timed_out", "It took too long.", "Try with less at once.")
            chunk = os.read(source, _CHUNK)
            if not chunk:
                raise _ended()
            heard += chunk
        return bytes(heard)

    def _start(self, handed: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        environment = {**self._desk.environment, "AGENTMESH_HOME": str(self._desk.home), **handed}
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            starting.command_line(offline.MODULE, []),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=handed_in(environment),
            env=environment,
        )
        return self._process


class Records:
    """Whoever can answer."""

    def __init__(self, desk: Desk) -> None:
        self._client = Client(desk.home, "owner", desk.environment, ANSWER_SECONDS)
        self._offline = Offline(desk)
        self._is_daemon_there = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()
        self._offline.close()

    def ask(self, request: calls.Request[A]) -> msgspec.Raw:
        """Ask and return the answer as the JSON that came."""
        if self._is_daemon_there and type(request) not in _NEVER_ITS_OWN:
            try:
                return self._client.ask(request)
            except NotRunning as error:
                if error.code != "not_running":
                    raise
                self._is_daemon_there = False
        return self._offline.ask(request)

    def call(self, request: calls.Request[A]) -> A:
        """Ask and return the answer."""
        return rpc.read_answer(self.ask(request), offline.answer_type(request))


def ask(desk: Desk, request: calls.Request[A], for_people: Callable[[A], str]) -> None:
    """Ask whoever can answer, and print the answer."""
    with Records(desk) as records:
        if desk.as_json:
            desk.write_raw(records.ask(request))
        else:
            say(for_people(records.call(request)))


_NEVER_ITS_OWN = {row.request for row in offline.OFFLINE.values()}


def _ended() -> IntegrityError:
    return IntegrityError("offline_ended", "The program that looks into the home has ended.")
