"""One sends, the other receives: bytes are counted, nothing is parsed that need not be."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

Count = Callable[[bytes], tuple[int, int]]
"""How many whole frames begin these bytes, and how long they are together."""


class Line(NamedTuple):
    """Two open connections, and what goes over them."""

    sender: asyncio.Transport
    receiver: asyncio.Transport
    frames: Sequence[bytes]
    """What the sender sends, over and over."""
    delivered: Count
    answered: Count | None
    """How the relay's answers to the sender are counted; None: it gives none."""
    acknowledge: Callable[[bytes], bytes] | None
    """What the receiver says to these deliveries; None: nothing."""


def fixed(size: int, first: bytes) -> Count:
    """Return a count of frames of one size that all begin with these bytes."""

    def count(data: bytes) -> tuple[int, int]:
        if not data.startswith(first[: len(data)]):
            raise RuntimeError(f"not what was expected: {data[:80]!r}")
        frames = len(data) // size
        return frames, frames * size

    return count


class Stream(asyncio.Protocol):
    """Hands over how many frames came, and their bytes."""

    def __init__(self, count: Count, came: Callable[[int, bytes], None]) -> None:
        self._count = count
        self._came = came
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        frames, used = self._count(data)
        self._rest = data[used:]
        if frames:
            self._came(frames, data[:used])


class Pair:
    """Keeps so many of its messages under way."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._at = 0
        self._ring = [*line.frames, *line.frames[:64]]
        self._is_over = False
        self._then: Callable[[], None] | None = None
        self.arrived = 0
        line.receiver.set_protocol(Stream(line.delivered, self._delivered))
        if line.answered is not None:
            line.sender.set_protocol(Stream(line.answered, self._answered))

    def then(self, go: Callable[[], None]) -> None:
        """Call this for each arrival, and send nothing unasked."""
        self._then = go

    def send(self, count: int) -> None:
        """Send the next ones in one write."""
        at = self._at
        self._at = (at + count) % len(self._line.frames)
        self._line.sender.write(b"".join(self._ring[at : at + count]))

    def stop(self) -> None:
        """Send no more."""
        self._is_over = True

    def _delivered(self, count: int, data: bytes) -> None:
        self.arrived += count
        if self._line.acknowledge is not None:
            self._line.receiver.write(self._line.acknowledge(data))
        if self._is_over:
            return
        if self._then is not None:
            self._then()
        elif self._line.answered is None:
            self.send(count)

    def _answered(self, count: int, _data: bytes) -> None:
        if self._then is None and not self._is_over:
            self.send(count)
