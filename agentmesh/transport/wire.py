"""The WebSocket itself, as the `websockets` library gives it: the only module that imports it."""

import asyncio
import contextlib
import ipaddress
import logging
import socket
import ssl
import struct
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from agentmesh.errors import RemoteProtocolError, TransportError
from agentmesh.protocol import limits
from agentmesh.protocol.origin import CONNECT_PATH

CONNECT_SECONDS = 10
PING_SECONDS = 20
PONG_SECONDS = 10
CLOSE_SECONDS = 2
_AT_ONCE = struct.pack("ii", 1, 0)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Wire(ClientConnection):
    """A WebSocket that writes the frames it is given together in one go."""

    async def send_together(self, frames: Collection[bytes]) -> None:
        """Send these frames; waits while the network is slower than we are."""
        try:
            async with self.send_context():
                for frame in frames:
                    self.protocol.send_binary(frame)
        except ConnectionClosed:
            raise TransportError("relay_link_lost") from None

    async def next_frame(self) -> bytes:
        """Return the next binary frame."""
        try:
            frame = await self.recv(decode=False)
        except ConnectionClosed:
            raise TransportError("relay_link_lost") from None
        if not isinstance(frame, bytes):
            raise RemoteProtocolError("relay_frame_malformed")
        return frame

    def cut(self) -> None:
        """Let go at once: what was not written yet never is, nor what the system still holds."""
        held = self.transport.get_extra_info("socket")
        if held is not None:
            with contextlib.suppress(OSError):
                held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.transport.abort()

    async def round_trip(self) -> float:
        """Return how many seconds a ping and its pong took."""
        try:
            return await (await self.ping())
        except ConnectionClosed:
            raise TransportError("relay_link_lost") from None

    def send_data(self) -> None:
        """Write what is due: one write, however many frames."""
        parts = self.protocol.data_to_send()
        if parts and all(parts):  # an empty part means: no more will follow
            self.transport.write(b"".join(parts))
            return
        for part in parts:
            if part:
                self.transport.write(part)
            elif self.transport.can_write_eof():
                self.transport.write_eof()
            else:
                self.transport.close()


class _Dial(connect):
    """Goes where it was sent, nowhere else: a redirect could lead into a private network."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def dial(origin: str, tls: ssl.SSLContext | None, *, public_only: bool) -> Wire:
    """Open a WebSocket to a relay, or raise `TransportError`."""
    secure = origin.startswith("wss://")
    options: dict[str, Any] = {"ssl": tls} if secure and tls is not None else {}
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            if public_only:
                options["host"], options["port"] = await _public_address(origin)
            return await _Dial(  # type: ignore[return-value] # create_connection says which class
                origin + CONNECT_PATH,
                create_connection=Wire,
                compression=None,
                open_timeout=None,
                ping_interval=PING_SECONDS,
                ping_timeout=PONG_SECONDS,
                close_timeout=CLOSE_SECONDS,
                max_size=limits.MAX_RELAY_FRAME,
                logger=_silent(),
                proxy=None if public_only or _is_local(origin) else True,
                **options,
            )
    except TimeoutError:
        raise TransportError("relay_timeout", f"{origin} does not answer.") from None
    except ssl.SSLError:
        raise TransportError(
            "relay_certificate_invalid", f"The certificate of {origin} is not good."
        ) from None
    except (InvalidHandshake, InvalidURI, ConnectionClosed):
        raise TransportError("relay_refused", f"What answers at {origin} is no relay.") from None
    except OSError:
        raise TransportError("relay_unreachable", f"{origin} cannot be reached.") from None


async def _public_address(origin: str) -> tuple[str, int]:
    """Return an address of this relay that is in nobody's private network."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if parts.scheme != "wss":
        raise TransportError("relay_not_secure", f"{origin} does without TLS.")
    port = parts.port or 443
    found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
    addresses = [str(entry[4][0]) for entry in found]
    # One private address among them is enough to refuse: which one is dialled must not be luck.
    if not addresses or not all(is_public(it) for it in addresses):
        raise TransportError("relay_not_public", f"{host} is in a private network.")
    return addresses[0], port


def is_public(text: str) -> bool:
    """Whether an address is in nobody's private network, whichever way it is written."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        if address.sixtofour is not None or address.is_site_local:
            return False
        if address in _NAT64:  # the last four bytes are the address that is dialled in truth
            address = ipaddress.IPv4Address(address.packed[-4:])
    return address.is_global and not address.is_multicast


def _is_local(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _silent() -> logging.Logger:
    logger = logging.getLogger("agentmesh.transport.websockets")
    logger.setLevel(logging.CRITICAL + 1)  # it prints frames
    return logger
