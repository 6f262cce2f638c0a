"""What a relay gets to see, read off its own wire.

A TCP listener in front of a relay: it passes everything on, keeps what agents sent, and reads it
as the relay does.
"""

import bisect
import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator
from typing import NamedTuple

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol import relay_frames
from agentmesh.protocol.ids import amid_of

_CHUNK = 64 * 1024
MAX_KEPT = 8 * 1024 * 1024
"""Bytes kept of a connection; what follows is passed on unread."""


class Sighting(NamedTuple):
    """All that a relay knows of one frame."""

    sender: str
    to: str
    kind: str
    size: int


class Kept:
    """What one agent sent, and when it came."""

    def __init__(self, ticks: Iterator[int]) -> None:
        self.data = bytearray()
        self._ticks = ticks
        self._ends: list[int] = []
        self._at: list[int] = []

    def add(self, data: bytes) -> None:
        """Keep what came now."""
        if len(self.data) < MAX_KEPT:
            self.data += data
            self._ends.append(len(self.data))
            self._at.append(next(self._ticks))

    def tick(self, end: int) -> int:
        """Return when the byte before `end` came, as a number that only rises."""
        return self._at[bisect.bisect_left(self._ends, end)]


class Wiretap:
    """Listens on loopback; while it is open, connections go through to `upstream`."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.upstream: tuple[str, int] = ("127.0.0.1", 0)
        self._kept: list[Kept] = []
        self._ticks = itertools.count()
        self._open: list[socket.socket] = []

    def start(self, upstream: tuple[str, int]) -> None:
        """Pass connections on to the relay from now on."""
        self.upstream = upstream
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Cut every connection."""
        for each in (self._door, *self._open):
            _hang_up(each)

    def sightings(self) -> list[Sighting]:
        """Return every frame that agents gave the relay, in the order in which they came."""
        seen = [it for kept in self._kept for it in _read(kept)]
        return [sighting for _, sighting in sorted(seen, key=lambda it: it[0])]

    def holds(self, words: str) -> bool:
        """Whether these words went through in the clear."""
        wanted = words.encode()
        return any(wanted in frame for kept in self._kept for _, frame in frames(bytes(kept.data)))

    def _accept(self) -> None:
        while True:
            try:
                agent, _ = self._door.accept()
                relay = socket.create_connection(self.upstream, timeout=5)
            except OSError:
                return
            relay.settimeout(None)
            kept = Kept(self._ticks)
            self._kept.append(kept)
            self._open += [agent, relay]
            for take, give, keep in ((agent, relay, kept), (relay, agent, None)):
                threading.Thread(target=_pass_on, args=(take, give, keep), daemon=True).start()


def frames(stream: bytes) -> list[tuple[int, bytes]]:
    """Return the WebSocket frames (RFC 6455, section 5.2) behind an HTTP request.

    Each comes unmasked, behind the position where it ends; one that is not all there is left out.
    """
    position = stream.find(b"\r\n\r\n") + 4
    found = []
    while position + 2 <= len(stream):
        length, size_bytes = stream[position + 1] & 0x7F, 0
        if length > 125:
            size_bytes = 2 if length == 126 else 8
            length = int.from_bytes(stream[position + 2 : position + 2 + size_bytes], "big")
        start = position + 2 + size_bytes + 4
        position = start + length
        if position <= len(stream):
            mask, masked = stream[start - 4 : start], stream[start:position]
            data = bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))
            found.append((position, data))
    return found


def _read(kept: Kept) -> list[tuple[int, Sighting]]:
    sender, seen = "", []
    for end, data in frames(bytes(kept.data)):
        try:
            frame = relay_frames.decode_from_agent(data)
        except RemoteProtocolError:
            continue  # pings and such
        if isinstance(frame, relay_frames.Connect):
            sender = amid_of(frame.signed.signer)
        elif isinstance(frame, relay_frames.Send):
            size = len(frame.encrypted_payload)
            sighting = Sighting(sender, frame.to, frame.message_type, size)
            seen.append((kept.tick(end), sighting))
    return seen


def _pass_on(take: socket.socket, give: socket.socket, keep: Kept | None) -> None:
    try:
        while data := take.recv(_CHUNK):
            if keep is not None:
                keep.add(data)
            give.sendall(data)
    except OSError:
        pass  # one side is gone: so is the other, in a moment
    _hang_up(take)
    _hang_up(give)


def _hang_up(each: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it was not connected, or is already down
        each.shutdown(socket.SHUT_RDWR)
    each.close()
