"""What waits to be written to one agent: one write per turn of the loop, and a bound."""

import asyncio
import contextlib
import logging
import socket
import struct
from collections.abc import Callable
from functools import lru_cache

from agentmesh.observability.logs import record_bug
from agentmesh.protocol.world import Clock

OUTGOING_BYTES = 256 * 1024
"""What may wait for a reader. Beyond it the connection is cut."""

AT_ONCE_BYTES = 64 * 1024
"""So much leaves before its turn ends, and is not copied: the next large frame has room then."""

STUCK_SECONDS = 8
LEAST_BYTES = 8 * 1024
"""A reader that takes less than this in so long, while there is more, is cut."""

_log = logging.getLogger(__name__)

_AT_ONCE = struct.pack("ii", 1, 0)
_BINARY = 0x82  # a whole binary frame (RFC 6455, section 5.2)


class Turn:
    """One turn of the loop: what was said in it is written at its end, and it has one time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._speakers: list[Outgoing] = []
        self._now = 0.0
        self._monotonic = 0.0
        self._has_begun = False

    def now(self) -> float:
        """Return the time of day at which this turn began."""
        if not self._has_begun:
            self._begin()
        return self._now

    def monotonic(self) -> float:
        """Return the steady time at which this turn began."""
        if not self._has_begun:
            self._begin()
        return self._monotonic

    def add(self, speaker: "Outgoing") -> None:
        """Flush this one at the end of the turn."""
        if not self._has_begun:
            self._begin()
        self._speakers.append(speaker)

    def _begin(self) -> None:
        self._has_begun = True
        self._now = self._clock.now()
        self._monotonic = self._clock.monotonic()
        self._loop.call_soon(self._end)

    def _end(self) -> None:
        self._has_begun = False
        speakers, self._speakers = self._speakers, []
        for speaker in speakers:
            flush(speaker)


def flush(speaker: "Outgoing") -> None:
    """Have this one write. What goes wrong is its own: others go on."""
    try:
        speaker.flush()
    except Exception as error:  # noqa: BLE001 - the others would never be heard again
        record_bug(_log, "flush.failed", error)
        speaker.give_up()


class Outgoing:
    """Writes WebSocket frames. At the bound it calls `overflow` and drops everything."""

    __slots__ = (
        "_overflow",
        "_parts",
        "_size",
        "_stream",
        "_stuck_since",
        "_taken",
        "_turn",
        "_written",
    )

    def __init__(self, turn: Turn, overflow: Callable[[], None], now: float) -> None:
        self._turn = turn
        self._overflow = overflow
        self._stream: asyncio.WriteTransport | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self._written = 0
        self._taken = 0
        self._stuck_since = now

    @property
    def room(self) -> int:
        """How many bytes may be written before the bound."""
        return OUTGOING_BYTES - self._size - self.unread

    @property
    def unread(self) -> int:
        """How many bytes the reader has not taken yet."""
        return self._stream.get_write_buffer_size() if self._stream is not None else 0

    def attach(self, stream: asyncio.WriteTransport) -> None:
        """Write there from now on."""
        self._stream = stream

    def detach(self) -> None:
        """Write nowhere any more, and know nobody: what knows each other is forgotten late."""
        self.drop()
        self._stream = None
        self._overflow = _nobody

    def frame(self, data: bytes) -> None:
        """Write a binary frame at the end of this turn, a large one now."""
        if len(data) < AT_ONCE_BYTES:
            self.raw(framed(data))
        else:
            self.raw(header(len(data)))
            self.raw(data)

    def raw(self, data: bytes) -> None:
        """Write bytes that are frames already."""
        if not self._parts:
            self._turn.add(self)
        self._parts.append(data)
        self._size += len(data)
        if self._size > OUTGOING_BYTES:
            self.give_up()
        elif self._size >= AT_ONCE_BYTES:
            flush(self)

    def flush(self) -> None:
        """Write it now."""
        stream = self._stream
        if not self._parts or stream is None:
            return
        if stream.get_write_buffer_size() + self._size > OUTGOING_BYTES:
            self.give_up()
            return
        if self._size < AT_ONCE_BYTES:
            stream.write(b"".join(self._parts))
        else:
            stream.writelines(self._parts)
        self._written += self._size
        self.drop()

    def give_up(self) -> None:
        """Forget it all, and have the connection cut: nothing more would ever be written."""
        self.drop()
        self._overflow()

    def drop(self) -> None:
        """Forget what was not written."""
        self._parts.clear()
        self._size = 0

    def is_stuck(self, now: float) -> bool:
        """Whether the reader takes next to nothing. Asked every second."""
        unread = self.unread
        taken = self._written - unread
        if not unread or taken - self._taken >= LEAST_BYTES:
            self._stuck_since = now
            self._taken = taken
        return now - self._stuck_since >= STUCK_SECONDS


def _nobody() -> None:
    """There is nothing left that could be cut."""


def framed(data: bytes) -> bytes:
    """Return a binary frame."""
    return header(len(data)) + data


def let_go_at_once(stream: asyncio.BaseTransport) -> None:
    """Have the system forget what it still holds for a reader, once the socket is closed."""
    held = stream.get_extra_info("socket")
    if held is not None:
        with contextlib.suppress(OSError):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)


@lru_cache(4096)
def header(size: int) -> bytes:
    """Return what stands before a binary frame of this size."""
    if size < 126:
        return bytes((_BINARY, size))
    if size < 65536:
        return bytes((_BINARY, 126)) + size.to_bytes(2, "big")
    return bytes((_BINARY, 127)) + size.to_bytes(8, "big")
