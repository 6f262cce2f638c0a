"""A relay that lets everybody in, and does for the rest what a test tells it."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress

from agentmesh_relay.limits import allowed
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.protocol import limits
from agentmesh.protocol.ids import uuid7
from agentmesh.protocol.relay_frames import (
    Challenge,
    Connected,
    FromAgent,
    FromRelay,
    decode_from_agent,
    encode,
)

Answer = Callable[[FromAgent], Iterable[FromRelay]]


class StrangeRelay:
    """`answer` says what it answers to a frame. `ahead`: by how much its clock is wrong."""

    def __init__(self, answer: Answer, ahead: float) -> None:
        self.answer = answer
        self.ahead = ahead
        self.origin = ""
        self.heard: list[FromAgent] = []
        self.guests: list[ServerConnection] = []

    async def serve(self, guest: ServerConnection) -> None:
        clock = SystemClock()
        await guest.send(
            encode(
                Challenge(
                    nonce=bytes(32),
                    relay=self.origin,
                    time=int((clock.now() + self.ahead) * 1000),
                    protocols=(limits.PROTOCOL,),
                )
            )
        )
        await guest.recv()
        welcome = Connected(
            session_id=uuid7(clock.now(), system_entropy),
            pending_messages=0,
            limits=allowed(1, 1, 1),
            keepalive_seconds=25,
        )
        await guest.send(encode(welcome))
        self.guests.append(guest)
        with suppress(ConnectionClosed):
            await self._answer(guest)

    async def _answer(self, guest: ServerConnection) -> None:
        async for data in guest:
            frame = decode_from_agent(bytes(data))  # type: ignore[arg-type] # all is binary
            self.heard.append(frame)
            for said in self.answer(frame):
                await guest.send(encode(said))


def _at(server: Server) -> str:
    return f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def strange_relay(answer: Answer, ahead: float = 0.0) -> AsyncIterator[StrangeRelay]:
    """Yield a relay on this machine."""
    relay = StrangeRelay(answer, ahead)
    async with serve(relay.serve, "127.0.0.1", 0, compression=None) as server:
        relay.origin = _at(server)
        yield relay
