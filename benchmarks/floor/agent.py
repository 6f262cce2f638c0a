"""An agent of the floor, in one process with all that the protocol asks of its daemon.

    python -m benchmarks.floor.agent bob FOLDER PORT REGISTRY
    python -m benchmarks.floor.agent carol FOLDER PORT REGISTRY
    python -m benchmarks.floor.agent ask FOLDER PORT REGISTRY

Bob and carol answer. Asking runs the plan: fresh senders meet both, the last one goes on.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import uvloop
from picows import ws_connect

from agentmesh.observability.world import keep_freed_memory
from agentmesh.protocol.ids import Amid
from benchmarks import plan
from benchmarks.floor.listed import keys_of, listed
from benchmarks.floor.side import Show, Side
from benchmarks.floor.talk import Talk

ANSWERERS = ("bob", "carol")
TOGETHER = 64
"""So many messages are said at once: as many as are under way of everybody."""
GARBAGE = 20_000
"""As a daemon has it."""


class Places(NamedTuple):
    """Where a side keeps what it keeps, and where router and registry are."""

    folder: Path
    port: int
    registry: str


@asynccontextmanager
async def connected(name: str, places: Places, show: Show) -> AsyncIterator[Side]:
    """Be registered, and on the wire, as long as the block lasts."""
    async with listed(name, places.registry) as us:
        side = Side(us, places.folder, show)
        await ws_connect(lambda *_: side, f"ws://127.0.0.1:{places.port}/")
        try:
            yield side
        finally:
            side.close()


async def answer(name: str, places: Places) -> None:
    """Answer whatever comes, until this process is stopped."""
    answering = plan.Answering()

    def show(talk: Talk, text: str) -> None:
        reply = answering.answer(text)
        if reply is not None:
            talk.say([reply])

    async with connected(name, places, show):
        print("ready", flush=True)
        await asyncio.Event().wait()


class Asking:
    """A fresh sender, as the plan wants it; `side` is set once it is on the wire."""

    def __init__(self) -> None:
        self._texts: asyncio.Queue[str] = asyncio.Queue()
        self._talk: Talk
        self.side: Side

    def show(self, _: Talk, text: str) -> None:
        """Take what came."""
        self._texts.put_nowait(text)

    async def first(self, peer: Amid, text: str) -> None:
        """Knock, and say this first."""
        self._talk = await self.side.knock(peer, text)

    async def send(self, text: str) -> None:
        """Say a text."""
        self._talk.say([text])

    async def send_all(self, texts: Sequence[str]) -> None:
        """Say many texts, as fast as the peer says that it has them."""
        for start in range(0, len(texts), TOGETHER):
            await self._talk.has_room.wait()
            self._talk.say(texts[start : start + TOGETHER])
            await asyncio.sleep(0)  # what came meanwhile is heard

    async def receive(self) -> str:
        """Return the next text."""
        return await asyncio.wait_for(self._texts.get(), plan.SEND_TIMEOUT)


async def ask(places: Places) -> None:
    """Run the plan, and print what was found."""
    peers = [keys_of(name).amid for name in ANSWERERS]
    askings = [Asking() for _ in range(plan.CONTACTS)]

    async def meet(sender: int, answerer: int) -> float:
        asking, peer = askings[sender], peers[answerer]
        started = time.monotonic_ns()
        return await plan.first_message(started, partial(asking.first, peer), asking.receive)

    async with AsyncExitStack() as stack:
        for number, asking in enumerate(askings):
            on_wire = connected(f"alice{number}", places, asking.show)
            asking.side = await stack.enter_async_context(on_wire)
        contacts = await plan.first_contacts(meet)
        last = askings[-1]
        pings = await plan.round_trips(last.send, last.receive)
        rate = await plan.flood(last.send_all, last.receive)
    print(json.dumps(plan.figures(contacts, pings, rate)), flush=True)


def main(role: str, folder: str, port: str, registry: str) -> None:
    """Run one agent, under the same loop and collector as a daemon."""
    gc.set_threshold(GARBAGE)
    keep_freed_memory()
    places = Places(Path(folder), int(port), registry)
    uvloop.run(ask(places) if role == "ask" else answer(role, places))


if __name__ == "__main__":
    main(*sys.argv[1:])
