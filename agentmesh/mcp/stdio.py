"""The pipe between an MCP host and the server: one JSON object a line, both ways.

Calls run side by side, since one may wait for minutes; what a host cancelled is not answered.
"""

import threading
from collections.abc import Iterator
from typing import BinaryIO

from msgspec import UnsetType

from agentmesh.control import calls
from agentmesh.mcp import words
from agentmesh.mcp.server import Server
from agentmesh.mcp.words import Fault, RequestId, Said

MAX_LINE = calls.MAX_LINE
"""The largest request: it has to fit through the control socket as well."""
MAX_OPEN = 32
"""Requests that are being answered; at this bound more are refused."""
PROGRESS_SECONDS = 5.0
"""So often a host that asked for it is told that a call is still at work."""
FAREWELL_SECONDS = 5.0
"""So long, after the host has closed the pipe, its last calls may still be answered."""


def serve(
    server: Server,
    source: BinaryIO,
    sink: BinaryIO,
    progress_seconds: float = PROGRESS_SECONDS,
) -> None:
    """Answer requests until the host closes the pipe."""
    pipe = _Pipe(server, sink, progress_seconds)
    for line in _lines(source):
        pipe.take(line)
    pipe.finish()


class _Pipe:
    def __init__(self, server: Server, sink: BinaryIO, progress_seconds: float) -> None:
        self._server = server
        self._sink = sink
        self._progress_seconds = progress_seconds
        self._writing = threading.Lock()
        self._telling = threading.Lock()
        self._changed = threading.Condition()
        self._open: set[RequestId] = set()

    def take(self, line: bytes | None) -> None:
        """Take a line; None is one that was too long."""
        try:
            if line is None:
                raise Fault(words.INVALID_REQUEST, f"A line has {MAX_LINE} bytes at most.")
            said = words.read(line)
        except Fault as fault:
            self._write(words.fault_line(None, fault))
            return
        if isinstance(said.id, int | str):
            if said.method:
                self._begin(said, said.id)
        elif said.method == "notifications/cancelled" and isinstance(said.params, dict):
            self._close(said.params.get("requestId"))

    def finish(self) -> None:
        """Wait a moment for what is still being answered."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open, FAREWELL_SECONDS)

    def _begin(self, said: Said, request_id: RequestId) -> None:
        try:
            self._admit(request_id)
        except Fault as fault:
            self._write(words.fault_line(request_id, fault))
            return
        if said.method in words.BESIDE:
            threading.Thread(target=self._answer, args=(said, request_id), daemon=True).start()
        else:
            self._answer(said, request_id)  # in its order: the first one decides the era

    def _admit(self, request_id: RequestId) -> None:
        with self._changed:
            if request_id in self._open:
                raise Fault(words.INVALID_REQUEST, "A request of this id is being answered.")
            if len(self._open) >= MAX_OPEN:
                raise Fault(words.BUSY, "Too many requests at once; try again.")
            self._open.add(request_id)

    def _answer(self, said: Said, request_id: RequestId) -> None:
        is_over = threading.Event()
        token = words.progress_token(said)
        if not isinstance(token, UnsetType) and said.method in words.BESIDE:
            telling = (token, request_id, is_over)
            threading.Thread(target=self._tell_progress, args=telling, daemon=True).start()
        try:
            line = words.result_line(request_id, self._server.answer(said))
        except Fault as fault:
            line = words.fault_line(request_id, fault)
        finally:
            is_over.set()
        with self._telling:  # nothing is told of a call after its answer
            if self._is_wanted(request_id):
                self._write(line)
            self._close(request_id)

    def _tell_progress(
        self, token: RequestId, request_id: RequestId, is_over: threading.Event
    ) -> None:
        """Say now and then that a call is still at work, as long as somebody waits for it."""
        told = 0
        while not is_over.wait(self._progress_seconds):
            with self._telling:
                if is_over.is_set() or not self._is_wanted(request_id):
                    return
                told += 1
                self._write(words.progress_line(token, told * self._progress_seconds))

    def _is_wanted(self, request_id: RequestId) -> bool:
        with self._changed:
            return request_id in self._open

    def _close(self, request_id: object) -> None:
        with self._changed:
            if isinstance(request_id, int | str):
                self._open.discard(request_id)
            self._changed.notify_all()

    def _write(self, line: bytes) -> None:
        with self._writing:
            try:
                self._sink.write(line)
                self._sink.flush()
            except (BrokenPipeError, ValueError):
                return  # the host is gone, and closes our stdin as well


def _lines(source: BinaryIO) -> Iterator[bytes | None]:
    """Yield the lines; None stands for one that is too long, which is skipped."""
    while line := source.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = source.readline(MAX_LINE)
            yield None
        elif line.strip():
            yield line
