"""The same line over other relays: openclaw-p2p's, nats-server, and a router that only routes."""

import asyncio
import hashlib
import time
import zlib
from collections.abc import Sequence
from typing import cast

from nacl.signing import SigningKey
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from agentmesh.protocol import base58
from benchmarks.load.pairs import Line, fixed
from benchmarks.load.websocket import BINARY, COMPRESSED, counted, masked, plain

PATIENCE = 30.0
FRAMES = 256
DEFLATE = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
NAME_LETTERS = 28


class _First(WSListener):
    """Waits for the other side's first frame."""

    def __init__(self) -> None:
        self.wire: WSTransport
        self.heard = asyncio.Event()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.wire = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 - picows'
        if frame.msg_type in {WSMsgType.BINARY, WSMsgType.TEXT}:
            self.heard.set()


async def _introduced(url: str, word: bytes, **options: object) -> WSTransport:
    """Return a connection whose first word was answered."""
    listener = _First()
    await ws_connect(lambda: listener, url, use_aiofastnet=False, **options)
    listener.wire.send(WSMsgType.BINARY, word)
    async with asyncio.timeout(PATIENCE):
        await listener.heard.wait()
    return listener.wire


class _OpenclawAgent:
    """Says who it is as `p2p/transport/relay.py` does."""

    def __init__(self) -> None:
        self._key = SigningKey.generate()
        self._public = bytes(self._key.verify_key)
        self.name = "p2p:" + base58.encode(hashlib.sha256(self._public).digest()[:20])

    def registration(self) -> bytes:
        now = int(time.time())
        signature = self._key.sign(f"REGISTER:{self.name}:{now}".encode()).signature
        return f"REGISTER:{self.name}:{self._public.hex()}:{signature.hex()}:{now}".encode()


async def openclaw(url: str, body: bytes) -> Line:
    """Return two agents of openclaw-p2p whose connections are not compressed."""
    one, other = _OpenclawAgent(), _OpenclawAgent()
    sender = await _introduced(url, one.registration())
    receiver = await _introduced(url, other.registration())
    delivery = plain(f"FROM:{one.name}\0".encode() + body)
    return Line(
        sender=sender.underlying_transport,
        receiver=receiver.underlying_transport,
        frames=[masked(f"TO:{other.name}\0".encode() + body)] * FRAMES,
        delivered=fixed(len(delivery), delivery[:4]),
        answered=None,
        acknowledge=None,
    )


async def openclaw_deflate(url: str, body: bytes) -> Line:
    """Return two agents of openclaw-p2p as it ships: every frame is compressed."""
    one, other = _OpenclawAgent(), _OpenclawAgent()
    sender = await _introduced(url, one.registration(), extra_headers=DEFLATE)
    receiver = await _introduced(url, other.registration(), extra_headers=DEFLATE)
    return Line(
        sender=sender.underlying_transport,
        receiver=receiver.underlying_transport,
        frames=_deflated(f"TO:{other.name}\0".encode() + body),
        delivered=counted,
        answered=None,
        acknowledge=None,
    )


def _deflated(message: bytes) -> Sequence[bytes]:
    """Return a compressed frame that can be repeated: it refers to nothing before it."""
    packer = zlib.compressobj(wbits=-12)
    packed = packer.compress(message) + packer.flush(zlib.Z_FULL_FLUSH)
    return [masked(packed.removesuffix(b"\x00\x00\xff\xff"), COMPRESSED)] * FRAMES


async def router(url: str, body: bytes) -> Line:
    """Return two clients of the router in `peers/router.py`."""
    number = time.monotonic_ns()
    name = f"r{number}".encode().ljust(NAME_LETTERS, b"x")
    sender = await _introduced(url, f"s{number}".encode().ljust(NAME_LETTERS, b"x"))
    receiver = await _introduced(url, name)
    delivery = plain(name + body)
    return Line(
        sender=sender.underlying_transport,
        receiver=receiver.underlying_transport,
        frames=[masked(name + body, BINARY)] * FRAMES,
        delivered=fixed(len(delivery), delivery[:2]),
        answered=None,
        acknowledge=None,
    )


class _NatsClient(asyncio.Protocol):
    """Waits until the server has answered, and asked: its next question comes in two minutes."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self.wire: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.wire = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if b"PING" in data:
            self.wire.write(b"PONG\r\n")
            self.ready.set()


async def _nats_client(address: str, *words: str) -> asyncio.Transport:
    host, _, port = address.partition(":")
    _, client = await asyncio.get_running_loop().create_connection(_NatsClient, host, int(port))
    hello = 'CONNECT {"verbose":false,"pedantic":false}'
    client.wire.write("\r\n".join((hello, *words, "PING", "")).encode())
    async with asyncio.timeout(PATIENCE):
        await client.ready.wait()
    return client.wire


async def nats(address: str, body: bytes) -> Line:
    """Return a publisher and a subscriber of nats-server over TCP."""
    subject = f"a{time.monotonic_ns()}".ljust(NAME_LETTERS, "x")
    sender, receiver = await asyncio.gather(
        _nats_client(address), _nats_client(address, f"SUB {subject} 1")
    )
    size = len(body)
    delivery = f"MSG {subject} 1 {size}\r\n".encode() + body + b"\r\n"
    return Line(
        sender=sender,
        receiver=receiver,
        frames=[f"PUB {subject} {size}\r\n".encode() + body + b"\r\n"] * FRAMES,
        delivered=fixed(len(delivery), delivery[:4]),
        answered=None,
        acknowledge=None,
    )
