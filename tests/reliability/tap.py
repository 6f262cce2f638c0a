"""A tap in a wire: all that one process sends to a service, and when.

    with Tap(relay_port) as tap:
        tap.watched = pid  # its connections are told from others' by what stands in /proc
        ...
        tap.sent_since(began)

It runs in a thread of its own.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from agentmesh.observability.world import SystemClock
from tests.support.aside import aside

CHUNK = 65536
_clock = SystemClock()


@dataclass(frozen=True)
class Seen:
    """So many bytes of the watched process; none, where it only connected."""

    at: float
    count: int


class Tap:
    """Listens on `port`, and hands everything on to `to_port`; both are on loopback."""

    def __init__(self, to_port: int) -> None:
        self.port = 0
        self.watched = 0
        self._to_port = to_port
        self._seen: list[Seen] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(aside(self._listening))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def sent_since(self, since: float) -> list[Seen]:
        """Return what the watched process sent since then."""
        return [it for it in tuple(self._seen) if it.at > since]

    def forget(self) -> None:
        """Begin a new page."""
        self._seen.clear()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_watched = _is_of(self.watched, writer.get_extra_info("peername")[1])
        if is_watched:
            self._seen.append(Seen(_clock.monotonic(), 0))
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self._to_port)
            answers = asyncio.ensure_future(self._carry(there, writer, is_watched=False))
            try:
                await self._carry(reader, back, is_watched=is_watched)
            except asyncio.CancelledError:
                back.transport.abort()
                writer.transport.abort()
                raise
            finally:
                answers.cancel()
        writer.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_watched: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                if is_watched:
                    self._seen.append(Seen(_clock.monotonic(), len(data)))
                writer.write(data)
                await writer.drain()
        writer.close()


def _is_of(pid: int, port: int) -> bool:
    """Whether the connection from this port is one of the process's."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if int(words[1].rpartition(":")[2], 16) == port:
            return f"socket:[{words[9]}]" in _sockets(pid)
    return False


def _sockets(pid: int) -> set[str]:
    found: set[str] = set()
    with contextlib.suppress(FileNotFoundError):
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found.add(os.readlink(handle))
    return found
