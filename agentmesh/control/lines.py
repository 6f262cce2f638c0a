"""Lines of the control socket on their way in and out, as programs with an event loop move them."""

import asyncio

MOST_UNWRITTEN = 64 * 1024
"""Who says more than this in one turn of the loop waits until the other side takes it."""


class LineTooLong(Exception):
    """A line has no end within its bound."""


class Arriving:
    """Whole lines out of the pieces in which they come, none longer than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._begun: list[bytes] = []
        self._begun_bytes = 0

    def take(self, piece: bytes) -> list[bytes]:
        """Return the lines that end in this piece."""
        first, *others = piece.split(b"\n")
        self._begun.append(first)
        self._begun_bytes += len(first)
        if self._begun_bytes > self._most:
            raise LineTooLong
        if not others:
            return []
        lines = [b"".join(self._begun), *others]
        rest = lines.pop()
        self._begun, self._begun_bytes = [rest], len(rest)
        return lines


class Leaving:
    """What is said in one turn of the loop is written at its end, in one piece."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._ready: list[bytes] = []
        self._ready_bytes = 0

    def write(self, line: bytes) -> None:
        """Write a line with what else is said in this turn."""
        if not self._ready:
            asyncio.get_running_loop().call_soon(self.flush)
        self._ready.append(line)
        self._ready_bytes += len(line)

    def flush(self) -> None:
        """Write it now."""
        lines, self._ready, self._ready_bytes = self._ready, [], 0
        if lines and not self._writer.is_closing():
            self._writer.write(b"".join(lines))

    async def has_room(self, seconds: float) -> None:
        """Wait, no longer than this, until the other side takes what it was given."""
        behind = self._ready_bytes + self._writer.transport.get_write_buffer_size()
        if behind <= MOST_UNWRITTEN:
            return
        async with asyncio.timeout(seconds):
            self.flush()
            await self._writer.drain()
