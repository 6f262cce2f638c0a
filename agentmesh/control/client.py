"""The other end of the control socket, for programs that ask and wait: command line and tools.

It loads neither asyncio nor crypto, because every command pays for what is loaded here.
"""

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import msgspec

from agentmesh.control import answers, calls, places, rpc
from agentmesh.control.table import NAMES, REQUESTS
from agentmesh.errors import NotPermitted, NotRunning, TimedOut

A = TypeVar("A", bound=answers.Answer)

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
"""How long an answer may take, on top of what the call itself waits for."""
_CHUNK = 256 * 1024


class Client:
    """A connection to the daemon of one home; it is dialled with the first call.

    `context` goes with every request that takes one: in which session of its host an agent acts.
    """

    def __init__(
        self,
        home: Path,
        permit: calls.Permit = "owner",
        environment: Mapping[str, str] | None = None,
        answer_seconds: float = ANSWER_SECONDS,
        context: str = "",
    ) -> None:
        self._path = places.socket_in(home)
        self._permit = permit
        self._environment = environment if environment is not None else os.environ
        self._answer_seconds = answer_seconds
        self._context = context
        self._socket: socket.socket | None = None
        self._received = bytearray()
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def call(self, request: calls.Request[A]) -> A:
        """Ask and return the answer, or raise what the daemon says is wrong."""
        return rpc.read_answer(self.ask(request), answer_type(request))

    def ask(self, request: calls.Request[A]) -> msgspec.Raw:
        """Ask and return the answer as the JSON that came."""
        self._send(request)
        self._wait_for(self._answer_seconds + seconds_waited(request))
        while True:
            line = self._line()
            if rpc.answers(line, self._number):
                return rpc.result_of(line)

    def events(
        self, request: calls.EventsSubscribe, wait_for: Callable[[int], None]
    ) -> Iterator[answers.Event]:
        """Yield what happens, until the daemon ends; `wait_for` its descriptor may end it, too."""
        self.ask(request)
        self._wait_for(None)
        while True:
            if self._socket is not None and b"\n" not in self._received:
                wait_for(self._socket.fileno())
            line = self._line()
            if line.method == "event" and isinstance(line.params, msgspec.Raw):
                yield rpc.read_answer(line.params, answers.Event)

    def _send(self, request: calls.Request[A]) -> None:
        lines = b""
        if self._socket is None:
            self._socket = dial(self._path, self._environment)
            self._received.clear()
            if self._permit != "owner":
                lines = self._numbered(calls.Hello(permit=self._permit))
        if self._context and "context" in request.__struct_fields__:
            request = msgspec.structs.replace(request, context=self._context)
        lines += self._numbered(request)
        try:
            self._wait_for(self._answer_seconds)
            self._socket.sendall(lines)
        except OSError as error:
            self.close()
            raise gone() from error

    def _numbered(self, request: calls.Request[A]) -> bytes:
        self._number += 1
        return rpc.call_line(self._number, NAMES[type(request)], request)

    def _wait_for(self, seconds: float | None) -> None:
        if self._socket is not None:
            self._socket.settimeout(seconds)

    def _line(self) -> rpc.Line:
        """Return the next line; a timeout ends the connection, since its answer may still come."""
        searched = 0
        while (end := self._received.find(b"\n", searched)) < 0:
            searched = len(self._received)
            if searched > calls.MAX_ANSWER_LINE:
                raise rpc.not_agentmesh()
            self._received += self._chunk()
        line = bytes(self._received[: end + 1])
        del self._received[: end + 1]
        return rpc.read_line(line)

    def _chunk(self) -> bytes:
        if self._socket is None:
            raise gone()
        try:
            chunk = self._socket.recv(_CHUNK)
        except TimeoutError:
            self.close()
            raise too_late() from None
        except OSError as error:
            self.close()
            raise gone() from error
        if not chunk:
            self.close()
            raise gone()
        return chunk


def dial(path: Path, environment: Mapping[str, str]) -> socket.socket:
    """Return a connection to the daemon, or say that it is not running."""
    if not path.parent.is_dir():
        raise not_running()
    dialled = socket.socket(socket.AF_UNIX)
    dialled.settimeout(CONNECT_SECONDS)
    try:
        dialled.connect(places.dialable(path, environment))
    except PermissionError:
        dialled.close()
        raise NotPermitted(
            "foreign_home", f"{path} belongs to another user.", "Set AGENTMESH_HOME to your own."
        ) from None
    except TimeoutError:
        dialled.close()
        raise too_late() from None
    except OSError:
        dialled.close()
        raise not_running() from None
    except BaseException:
        dialled.close()
        raise
    return dialled


def not_running() -> NotRunning:
    """Nobody listens."""
    return NotRunning("not_running", "The daemon is not running.", "Run `agentmesh up`.")


def gone() -> NotRunning:
    """Somebody listened, and hung up before the answer came."""
    return NotRunning(
        "daemon_gone", "The daemon ended before it answered.", "Run `agentmesh up` and ask again."
    )


def too_late() -> TimedOut:
    """Somebody listens, and says nothing."""
    return TimedOut(
        "daemon_silent",
        "The daemon does not answer in time.",
        "See `agentmesh logs`; `agentmesh down` and `agentmesh up` start it afresh.",
    )


def answer_type(request: calls.Request[A]) -> type[A]:
    """Return the type of this request's answer; the table and the annotation agree (a test)."""
    return cast("type[A]", REQUESTS[NAMES[type(request)]].answer)


def seconds_waited(request: calls.Request[Any]) -> float:
    """Return how long the daemon may think before it answers; what is no such number counts not."""
    wait = getattr(request, "wait", 0)
    return min(max(wait, 0), calls.MAX_WAIT_SECONDS) if isinstance(wait, int | float) else 0
