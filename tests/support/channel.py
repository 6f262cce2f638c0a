"""One connection against a wire that is a pair of queues."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from agentmesh.errors import AgentMeshError, TransportError
from agentmesh.protocol.relay_frames import (
    FromAgent,
    FromRelay,
    Receive,
    Send,
    Sent,
    decode_from_agent,
    encode,
)
from agentmesh.transport.channel import ANSWER_SECONDS, Channel
from tests.support.incoming import RecordingIncoming
from tests.support.relay_client import amid_called

ORIGIN = "ws://relay"
BOB = amid_called("bob")


class FakeWire:
    """The relay's end: `say` a frame, or look at what was `written`."""

    def __init__(self) -> None:
        self.batches: list[list[FromAgent]] = []
        self.has_written = asyncio.Event()
        self.is_slow = False
        self.is_cut = False
        self._incoming: asyncio.Queue[FromRelay | None] = asyncio.Queue()

    def say(self, *frames: FromRelay | None) -> None:
        for frame in frames:
            self._incoming.put_nowait(frame)

    @property
    def written(self) -> list[FromAgent]:
        return [frame for batch in self.batches for frame in batch]

    def cut(self) -> None:
        self.is_cut = True

    def send_now(self, frame: bytes) -> bool:
        if self.is_slow:
            return False
        self.has_written.set()
        self.batches.append([decode_from_agent(frame)])
        return True

    async def send_together(self, frames: Collection[bytes]) -> None:
        self.has_written.set()
        self.batches.append([decode_from_agent(frame) for frame in frames])

    async def next_frame(self) -> bytes:
        frame = await self._incoming.get()
        if frame is None:
            raise TransportError("relay_link_lost")
        return encode(frame)


class Link:
    def __init__(self, answer_seconds: float = ANSWER_SECONDS) -> None:
        self.wire = FakeWire()
        self.ear = RecordingIncoming()
        self.channel = Channel(
            self.wire,  # type: ignore[arg-type]
            ORIGIN,
            self.ear,
            answer_seconds=answer_seconds,
        )
        self.end = ""

    async def carry(self) -> None:
        try:
            await self.channel.run()
        except AgentMeshError as error:
            self.end = error.code
            self.channel.close()

    async def answer_all(self) -> None:
        """Let the channel write, and say `queued` to all that it sent."""
        for _ in range(3):
            await asyncio.sleep(0)
        self.wire.say(
            *(Sent(id=it.id, outcome="queued") for it in self.wire.written if isinstance(it, Send))
        )


@asynccontextmanager
async def running(answer_seconds: float = ANSWER_SECONDS) -> AsyncIterator[Link]:
    link = Link(answer_seconds=answer_seconds)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(link.carry())
        yield link
        task.cancel()


def received(delivery: int, payload: bytes = b"") -> Receive:
    return Receive(
        delivery=delivery,
        id=str(delivery),  # type: ignore[arg-type]
        sender=BOB,
        message_type="message",
        encrypted_payload=payload,
        timestamp=0,
    )
