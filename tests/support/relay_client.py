"""An agent's end of a relay connection, with nothing automatic: tests say each frame."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import websockets
from nacl.signing import SigningKey

from agentmesh.observability.world import SystemClock
from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid, FrameId, amid_of
from agentmesh.protocol.relay_frames import (
    Ack,
    Challenge,
    Connect,
    ConnectClaim,
    Connected,
    FromAgent,
    FromRelay,
    Presence,
    Receive,
    Send,
    Sent,
    decode_from_relay,
    encode,
)
from agentmesh.protocol.signed import Purpose, sign
from tests.support.patience import PATIENCE

F = TypeVar("F")


def key_of(name: str) -> SigningKey:
    """Return the signing key of an agent that tests call by this name."""
    return SigningKey(hashlib.sha256(name.encode()).digest())


def amid_called(name: str) -> Amid:
    """Return that agent's AMID."""
    return amid_of(bytes(key_of(name).verify_key))


def claim_for(challenge: Challenge, key: SigningKey, **changes: object) -> Connect:
    """Return a good answer to a challenge, but for the `changes`."""
    fields: dict[str, object] = {
        "protocol": limits.PROTOCOL,
        "amid": amid_of(bytes(key.verify_key)),
        "relay": challenge.relay,
        "nonce": challenge.nonce,
        "timestamp": int(SystemClock().now() * 1000),
    }
    claim = ConnectClaim(**{**fields, **changes})  # type: ignore[arg-type] # tests break it
    return Connect(signed=sign(claim, Purpose.CONNECT, key))


def message(to: Amid, frame_id: str, body: bytes = b"sealed", **more: object) -> Send:
    """Return a frame to send."""
    fields = {"message_type": "message", **more}
    return Send(id=FrameId(frame_id), to=to, encrypted_payload=body, **fields)  # type: ignore[arg-type]


class RelayClient:
    """One connection."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self._kept: list[FromRelay] = []
        self.connected: Connected | None = None

    async def say(self, *frames: FromAgent) -> None:
        """Send frames."""
        for frame in frames:
            await self.socket.send(encode(frame))

    async def hear(self, kind: type[F]) -> F:
        """Return the next frame of this kind; others wait for their own `hear`."""
        for place, frame in enumerate(self._kept):
            if isinstance(frame, kind):
                del self._kept[place]
                return frame
        async with asyncio.timeout(PATIENCE):
            while True:
                data = await self.socket.recv(decode=False)
                frame = decode_from_relay(data)
                if isinstance(frame, kind):
                    return frame
                self._kept.append(frame)

    async def hear_all(self, kind: type[F], count: int) -> list[F]:
        """Return the next `count` frames of this kind."""
        return [await self.hear(kind) for _ in range(count)]

    async def hears_nothing_more(self, kind: type[object]) -> bool:
        """Whether no frame of this kind came before the answer to a ping."""
        async with asyncio.timeout(PATIENCE):
            answered = await self.socket.ping()
            receiving = asyncio.ensure_future(self.socket.recv(decode=False))
            while True:
                await asyncio.wait({receiving, answered}, return_when=asyncio.FIRST_COMPLETED)
                if not receiving.done():
                    break
                self._kept.append(decode_from_relay(receiving.result()))
                receiving = asyncio.ensure_future(self.socket.recv(decode=False))
            receiving.cancel()
            await asyncio.wait({receiving})
        return not any(isinstance(frame, kind) for frame in self._kept)

    async def send(self, frame: Send) -> Sent:
        """Send a message and return the relay's answer."""
        await self.say(frame)
        return await self.hear(Sent)

    async def take(self) -> Receive:
        """Return the next delivery, and acknowledge it."""
        received = await self.hear(Receive)
        await self.say(Ack(deliveries=(received.delivery,)))
        return received

    async def show_to(self, *names: str) -> None:
        """Let these agents see our presence; returns once the relay knows it."""
        seen = tuple(amid_called(name) for name in names)
        await self.say(Presence(status="online", visible_to=seen))
        async with asyncio.timeout(PATIENCE):
            await (await self.socket.ping())

    async def closed(self) -> int:
        """Wait until the relay has ended the connection; return the WebSocket's close code."""
        async with asyncio.timeout(2 * PATIENCE):
            await self.socket.wait_closed()
        return self.socket.close_code or 0


@asynccontextmanager
async def stranger(url: str) -> AsyncIterator[RelayClient]:
    """Open a connection and say nothing."""
    async with websockets.connect(
        url, compression=None, max_size=None, ping_interval=None, close_timeout=1, proxy=None
    ) as socket:
        yield RelayClient(socket)


@asynccontextmanager
async def agent(url: str, name: str, *visible_to: str) -> AsyncIterator[RelayClient]:
    """Connect as this agent."""
    async with stranger(url) as client:
        challenge = await client.hear(Challenge)
        await client.say(claim_for(challenge, key_of(name)))
        client.connected = await client.hear(Connected)
        if visible_to:
            await client.show_to(*visible_to)
        yield client
