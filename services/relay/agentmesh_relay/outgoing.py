"""What waits to be written to one agent: one write per turn of the loop, and a bound."""

import asyncio
from collections.abc import Callable

OUTGOING_BYTES = 256 * 1024
"""What may wait for a reader. Beyond it the connection is cut."""

STUCK_SECONDS = 10
"""A reader that takes nothing for so long is cut."""

_BINARY = 0x82  # a whole binary frame (RFC 6455, section 5.2)


class Turn:
    """Flushes at the end of a turn of the loop whatever was said in it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._speakers: list[Outgoing] = []

    def add(self, speaker: "Outgoing") -> None:
        """Flush this one at the end of the turn."""
        if not self._speakers:
            self._loop.call_soon(self._flush)
        self._speakers.append(speaker)

    def _flush(self) -> None:
        speakers, self._speakers = self._speakers, []
        for speaker in speakers:
            speaker.flush()


class Outgoing:
    """Writes WebSocket frames. At the bound it calls `overflow` and drops everything."""

    __slots__ = ("_buffered", "_overflow", "_parts", "_size", "_stream", "_stuck_since", "_turn")

    def __init__(self, turn: Turn, overflow: Callable[[], None], now: float) -> None:
        self._turn = turn
        self._overflow = overflow
        self._stream: asyncio.WriteTransport | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self._buffered = 0
        self._stuck_since = now

    @property
    def room(self) -> int:
        """How many bytes may be written before the bound."""
        buffered = self._stream.get_write_buffer_size() if self._stream is not None else 0
        return OUTGOING_BYTES - self._size - buffered

    def attach(self, stream: asyncio.WriteTransport) -> None:
        """Write there from now on."""
        self._stream = stream

    def frame(self, data: bytes) -> None:
        """Write a binary frame at the end of this turn."""
        self.raw(_header(len(data)) + data)

    def raw(self, data: bytes) -> None:
        """Write bytes that are a frame already."""
        if not self._parts:
            self._turn.add(self)
        self._parts.append(data)
        self._size += len(data)
        if self._size > OUTGOING_BYTES:
            self.drop()
            self._overflow()

    def flush(self) -> None:
        """Write it now."""
        if not self._parts or self._stream is None:
            return
        if self._stream.get_write_buffer_size() + self._size > OUTGOING_BYTES:
            self.drop()
            self._overflow()
            return
        self._stream.write(b"".join(self._parts))
        self.drop()

    def drop(self) -> None:
        """Forget what was not written."""
        self._parts.clear()
        self._size = 0

    def is_stuck(self, now: float) -> bool:
        """Whether the reader takes nothing. Asked every second."""
        buffered = self._stream.get_write_buffer_size() if self._stream is not None else 0
        if not buffered or buffered < self._buffered:
            self._stuck_since = now
        self._buffered = buffered
        return now - self._stuck_since >= STUCK_SECONDS


def _header(size: int) -> bytes:
    if size < 126:
        return bytes((_BINARY, size))
    if size < 65536:
        return bytes((_BINARY, 126)) + size.to_bytes(2, "big")
    return bytes((_BINARY, 127)) + size.to_bytes(8, "big")
