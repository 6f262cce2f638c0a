"""Letters for agents that are away, then their return: `python -m benchmarks.load.letters '{…}'`.

Each sender fills the mailboxes of its own recipients. A letter counts when the relay said `queued`,
which is after its fsync; and when its recipient, come back, has it and acknowledged it.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence

import msgspec
import uvloop
from picows import WSFrame, WSTransport

from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import (
    Ack,
    Connected,
    Receive,
    Sent,
    decode_from_relay,
    encode,
)
from benchmarks.load.agent import Agent, frames_to
from benchmarks.load.descriptors import raise_limit, source
from benchmarks.load.pairs import Stream, fixed
from benchmarks.load.websocket import plain

AT_ONCE = 100
PATIENCE = 120.0


class Post(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of it."""

    address: str
    recipients: int = 1000
    senders: int = 50
    in_flight: int = 32
    size: int = 256
    waits: bool = False
    """Whether the recipients come back only after SIGUSR1."""


class Recipient(Agent):
    """Takes what waited, and acknowledges what came together at once."""

    def __init__(self) -> None:
        super().__init__()
        self.missing = limits.MAILBOX_MESSAGES
        self.has_all = asyncio.Event()
        self._unread: list[int] = []

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """See picows."""
        if not isinstance(self.connected, Connected):
            super().on_ws_frame(transport, frame)
            return
        received = decode_from_relay(frame.get_payload_as_bytes())
        if isinstance(received, Receive):
            self._unread.append(received.delivery)
        if frame.last_in_buffer and self._unread:
            self.say(Ack(deliveries=tuple(self._unread)))
            self.missing -= len(self._unread)
            self._unread.clear()
            if not self.missing:
                self.has_all.set()


class Sender:
    """Fills mailboxes one after the other."""

    def __init__(self, agent: Agent, frames: Sequence[bytes], in_flight: int) -> None:
        self._wire = agent.wire.underlying_transport
        self._frames = frames
        self._at = 0
        self._unanswered = 0
        self._in_flight = in_flight
        self.is_done = asyncio.Event()
        answer = plain(encode(Sent(id=FrameId("0000"), outcome="queued")))
        self._wire.set_protocol(Stream(fixed(len(answer), answer[:8]), self._answered))

    def begin(self) -> None:
        """Send the first ones."""
        self._send(self._in_flight)

    def _send(self, count: int) -> None:
        frames = self._frames[self._at : self._at + count]
        self._at += len(frames)
        self._unanswered += len(frames)
        if frames:
            self._wire.write(b"".join(frames))
        elif not self._unanswered:
            self.is_done.set()

    def _answered(self, count: int, _data: bytes) -> None:
        self._unanswered -= count
        self._send(count)


async def _in_turns(agents: Sequence[Agent], address: str) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, agent: Agent) -> None:
        async with room:
            await agent.come_in(address, source(number))

    await asyncio.gather(*(one(number, agent) for number, agent in enumerate(agents)))


async def queue(post: Post, recipients: Sequence[Amid]) -> float:
    """Return how many letters a second were kept."""
    body = os.urandom(post.size)
    agents = [Agent() for _ in range(post.senders)]
    await _in_turns(agents, post.address)
    senders = [
        Sender(
            agent,
            [
                frame
                for recipient in recipients[number :: post.senders]
                for frame in frames_to(recipient, body, limits.MAILBOX_MESSAGES)
            ],
            post.in_flight,
        )
        for number, agent in enumerate(agents)
    ]
    began = time.perf_counter()
    for sender in senders:
        sender.begin()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(sender.is_done.wait() for sender in senders))
    return len(recipients) * limits.MAILBOX_MESSAGES / (time.perf_counter() - began)


async def drain(post: Post, recipients: Sequence[Recipient]) -> float:
    """Return how many letters a second were delivered and acknowledged."""
    began = time.perf_counter()
    await _in_turns(recipients, post.address)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(recipient.has_all.wait() for recipient in recipients))
    return len(recipients) * limits.MAILBOX_MESSAGES / (time.perf_counter() - began)


async def post(plan: Post) -> dict[str, float]:
    """Return both."""
    recipients = [Recipient() for _ in range(plan.recipients)]
    await _in_turns(recipients, plan.address)
    for recipient in recipients:
        recipient.leave()
    go_on = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, go_on.set)
    queued = await queue(plan, [recipient.amid for recipient in recipients])
    if plan.waits:
        print("all are kept", flush=True)
        await go_on.wait()
    return {"queued_per_s": queued, "drained_per_s": await drain(plan, recipients)}


if __name__ == "__main__":
    raise_limit()
    found = uvloop.run(post(msgspec.json.decode(sys.argv[1], type=Post)))
    print(msgspec.json.encode(found).decode(), flush=True)
