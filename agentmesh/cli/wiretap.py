"""What a relay gets to see, read off its own wire.

A TCP listener in front of a relay: it passes everything on, keeps what agents sent, and reads it
as the relay does.
"""

import contextlib
import socket
import threading
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


class Wiretap:
    """Listens on loopback; while it is open, connections go through to `upstream`."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.upstream: tuple[str, int] = ("127.0.0.1", 0)
        self._kept: list[bytearray] = []
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
        """Return every frame that agents gave the relay."""
        return [it for kept in self._kept for it in _read(bytes(kept))]

    def holds(self, words: str) -> bool:
        """Whether these words went through in the clear."""
        wanted = words.encode()
        return any(wanted in frame for kept in self._kept for frame in frames(bytes(kept)))

    def _accept(self) -> None:
        while True:
            try:
                agent, _ = self._door.accept()
                relay = socket.create_connection(self.upstream, timeout=5)
            except OSError:
                return
            relay.settimeout(None)
            kept = bytearray()
            self._kept.append(kept)
            self._open += [agent, relay]
            for take, give, keep in ((agent, relay, kept), (relay, agent, None)):
                threading.Thread(target=_pass_on, args=(take, give, keep), daemon=True).start()


def frames(stream: bytes) -> list[bytes]:
    """Return the unmasked WebSocket frames (RFC 6455, section 5.2) behind an HTTP request."""
    position = stream.find(b"\r\n\r\n") + 4
    found = []
    while position + 2 <= len(stream):
        length, size_bytes = stream[position + 1] & 0x7F, 0
        if length > 125:
            size_bytes = 2 if length == 126 else 8
            length = int.from_bytes(stream[position + 2 : position + 2 + size_bytes], "big")
        start = position + 2 + size_bytes + 4
        mask, masked = stream[start - 4 : start], stream[start : start + length]
        found.append(bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked)))
        position = start + length
    return found


def _read(stream: bytes) -> list[Sighting]:
    sender, seen = "", []
    for data in frames(stream):
        try:
            frame = relay_frames.decode_from_agent(data)
        except RemoteProtocolError:
            continue  # pings and such
        if isinstance(frame, relay_frames.Connect):
            sender = amid_of(frame.signed.signer)
        elif isinstance(frame, relay_frames.Send):
            size = len(frame.encrypted_payload)
            seen.append(Sighting(sender, frame.to, frame.message_type, size))
    return seen


def _pass_on(take: socket.socket, give: socket.socket, keep: bytearray | None) -> None:
    try:
        while data := take.recv(_CHUNK):
            if keep is not None and len(keep) < MAX_KEPT:
                keep += data
            give.sendall(data)
    except OSError:
        pass  # one side is gone: so is the other, in a moment
    _hang_up(take)
    _hang_up(give)


def _hang_up(each: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it was not connected, or is already down
        each.shutdown(socket.SHUT_RDWR)
    each.close()
