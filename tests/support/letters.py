"""Letters for mailboxes, and what a mailbox tells about them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from agentmesh_relay.cluster.link import Link
from agentmesh_relay.cluster.linked import linked
from agentmesh_relay.mailbox.interface import Letter, Mailbox, Pending, Refusal, Room, Stored
from agentmesh_relay.mailbox.jetstream import JetStreamMailbox
from agentmesh_relay.neighbours import Sends

from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.protocol.ids import Amid, FrameId
from tests.support.patience import PATIENCE
from tests.support.relay_client import message

ALICE, BOB, CAROL = Amid("alice"), Amid("bob"), Amid("carol")
NOW = 1_800_000_000_000
T = TypeVar("T")


def letter(frame_id: object, sender: Amid = ALICE, **more: object) -> Letter:
    fields: dict[str, object] = {
        "sender": sender,
        "recipient": BOB,
        "id": FrameId(str(frame_id)),
        "message_type": "message",
        "payload": b"sealed",
        "sent_at": NOW,
        "expires_at": NOW + 60_000,
    }
    return Letter(**{**fields, **more})  # type: ignore[arg-type]


def sends(*ids: object, sender: Amid = ALICE, **more: object) -> Sends:
    """What one agent sends to Bob at a time."""
    frames = [message(BOB, str(frame_id), **more) for frame_id in ids]
    return Sends(sender, NOW, tuple(frames))


async def told(ask: Callable[[Callable[[T], None]], None]) -> T:
    """Return what a call tells."""
    answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    ask(answer.set_result)
    async with asyncio.timeout(PATIENCE):
        return await answer


async def put(box: Mailbox, it: Letter, room: Room | None = None) -> Stored | Refusal:
    return await told(lambda done: box.put(it, room or Room(), done))


async def opened(box: Mailbox, amid: Amid = BOB, now: int = NOW) -> list[Pending]:
    return await told(lambda done: box.open(amid, now, done))


async def fetched(box: Mailbox, *rows: int) -> dict[int, Letter]:
    return await told(lambda done: box.fetch(rows, done))


class Home:
    """The agents of one node: who is here, and what arrived for them."""

    def __init__(self, *here: Amid) -> None:
        self.here = list(here)
        self.letters: list[Pending] = []
        self.news = asyncio.Event()

    def present(self) -> list[Amid]:
        return self.here

    def is_here(self, amid: Amid) -> bool:
        return amid in self.here

    def arrived(self, amid: Amid, about: Pending) -> None:
        self.letters.append(about)
        self.news.set()

    async def got(self, count: int) -> list[Pending]:
        """Wait until so many letters have arrived."""
        async with asyncio.timeout(PATIENCE):
            while len(self.letters) < count:
                self.news.clear()
                await self.news.wait()
        return self.letters


@asynccontextmanager
async def shared_mailbox(url: str, home: Home) -> AsyncIterator[JetStreamMailbox]:
    """One node's way to the mailbox that all share."""
    link = Link([url], system_entropy)
    box = JetStreamMailbox(link, home, SystemClock())
    async with linked(link):
        yield box
        await box.close()
