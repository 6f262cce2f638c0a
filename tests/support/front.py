"""One address before several relay nodes, as a proxy is: each connection goes to the idlest node.

    with Front([8765, 8766]) as front:
        url = f"ws://127.0.0.1:{front.port}"

It runs in a thread of its own, and passes by nodes that do not answer.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

from tests.support.aside import aside

CHUNK = 65536


class Front:
    """Counts in `came` how many connections went to each node."""

    def __init__(self, nodes: Sequence[int], port: int = 0) -> None:
        self.port = port
        self.came: Counter[int] = Counter()
        self._open: Counter[int] = Counter()
        self._nodes = nodes
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

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for node in sorted(self._nodes, key=lambda node: self._open[node]):
            try:
                there, back = await asyncio.open_connection("127.0.0.1", node)
            except OSError:
                continue
            self.came[node] += 1
            self._open[node] += 1
            try:
                await asyncio.gather(_carry(there, writer), _carry(reader, back))
            finally:
                self._open[node] -= 1
                back.close()
            break
        writer.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()
