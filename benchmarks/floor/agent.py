"""An agent of the floor, in one process with all that the protocol asks of its daemon.

    python -m benchmarks.floor.agent bob FOLDER PORT
    python -m benchmarks.floor.agent carol FOLDER PORT
    python -m benchmarks.floor.agent ask FOLDER PORT

Bob and carol answer. Asking runs the plan: fresh senders meet both, the last one goes on.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import uvloop
from picows import ws_connect

from agentmesh.observability.world import keep_freed_memory
from benchmarks import plan
from benchmarks.floor.side import Show, Side, keys_of
from benchmarks.floor.talk import Talk

ANSWERERS = ("bob", "carol")
TOGETHER = 64
"""So many messages are said at once: as many as are under way of everybody."""
GARBAGE = 20_000
"""As a daemon has it."""


async def connected(name: str, folder: Path, port: int, show: Show) -> Side:
    """Return a side that is on the wire."""
    side = Side(keys_of(name), folder, show)
    await ws_connect(lambda *_: side, f"ws://127.0.0.1:{port}/")
    return side


async def answer(name: str, folder: Path, port: int) -> None:
    """Answer whatever comes, until this process is stopped."""
    answering = plan.Answering()

    def show(talk: Talk, text: str) -> None:
        reply = answering.answer(text)
        if reply is not None:
            talk.say([reply])

    await connected(name, folder, port, show)
    print("ready", flush=True)
    await asyncio.Event().wait()


class Asking:
    """A fresh sender, as the plan wants it."""

    def __init__(self) -> None:
        self._texts: asyncio.Queue[str] = asyncio.Queue()
        self._talk: Talk

    async def connect(self, name: str, folder: Path, port: int) -> None:
        """Be on the wire."""
        self._side = await connected(name, folder, port, lambda _, it: self._texts.put_nowait(it))

    async def first(self, answerer: int, text: str) -> None:
        """Knock, and say this first."""
        self._talk = self._side.knock(keys_of(ANSWERERS[answerer]), text)

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


async def ask(folder: Path, port: int) -> None:
    """Run the plan, and print what was found."""
    askings = [Asking() for _ in range(plan.CONTACTS)]
    for number, asking in enumerate(askings):
        await asking.connect(f"alice{number}", folder, port)

    async def meet(sender: int, answerer: int) -> float:
        asking = askings[sender]
        started = time.monotonic_ns()
        return await plan.first_message(started, partial(asking.first, answerer), asking.receive)

    contacts = await plan.first_contacts(meet)
    last = askings[-1]
    pings = await plan.round_trips(last.send, last.receive)
    rate = await plan.flood(last.send_all, last.receive)
    print(json.dumps(plan.figures(contacts, pings, rate)), flush=True)


def main(role: str, folder: str, port: str) -> None:
    """Run one agent, under the same loop and collector as a daemon."""
    gc.set_threshold(GARBAGE)
    keep_freed_memory()
    at = Path(folder), int(port)
    uvloop.run(ask(*at) if role == "ask" else answer(role, *at))


if __name__ == "__main__":
    main(*sys.argv[1:])
