"""One agent on AgentMesh's Python API, started by `agentmesh_pair.py`.

    python -m benchmarks.agentmesh_agent answer HOME
    python -m benchmarks.agentmesh_agent ask PEER PEER HOME...

Each HOME has its own running daemon. Asking runs the plan: every home meets both peers, and the
last one goes on with pings and the flood. Who has many messages for a peer says them with one
`send_all`, and so does the flood; a second one, of single sends with some under way, is measured
beside it.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from agentmesh import Agent
from benchmarks import plan

IN_FLIGHT = 64  # single sends that wait for the daemon's word at a time
SINGLE = min(plan.FLOOD, 2000)  # of these; a minute's messages have a bound


async def answer(home: Path) -> None:
    """Answer whatever comes, until this process is stopped."""
    answering = plan.Answering()
    async with Agent(home=home) as me:
        async for message in me.inbox(consume=False):
            reply = answering.answer(message.payload["text"])
            if reply is not None:
                await me.send(message.sender, reply)


class Talk:
    """One agent's talk with a peer, as the plan wants it."""

    def __init__(self, me: Agent, peer: str) -> None:
        self._me = me
        self.peer = peer
        self._texts = self._arriving()

    async def _arriving(self) -> AsyncIterator[str]:
        async for message in self._me.inbox(consume=False):
            yield message.payload["text"]

    async def send(self, text: str) -> None:
        """Send a text; returns when the daemon keeps it."""
        await self._me.send(self.peer, text)

    async def send_all(self, texts: Sequence[str]) -> None:
        """Send many texts at once."""
        await self._me.send_all(self.peer, texts)

    async def send_each(self, texts: Sequence[str]) -> None:
        """Send many texts, each by a call of its own, some at a time."""
        room = asyncio.Semaphore(IN_FLIGHT)

        async def one(text: str) -> None:
            await self.send(text)
            room.release()

        async with asyncio.TaskGroup() as sends:
            for text in texts:
                await room.acquire()
                sends.create_task(one(text))

    async def receive(self) -> str:
        """Return the next text."""
        return await asyncio.wait_for(anext(self._texts), plan.SEND_TIMEOUT)


async def ask(peers: Sequence[str], homes: Sequence[Path]) -> None:
    """Run the plan against the peers, and print what was found."""
    async with AsyncExitStack() as stack:
        agents = [await stack.enter_async_context(Agent(home=home)) for home in homes]
        talks = [Talk(me, peers[0]) for me in agents]

        async def meet(sender: int, answerer: int) -> float:
            talk = talks[sender]
            talk.peer = peers[answerer]
            started = time.monotonic_ns()
            return await plan.first_message(started, talk.send, talk.receive)

        contacts = await plan.first_contacts(meet)
        last = talks[-1]
        pings = await plan.round_trips(last.send, last.receive)
        rate = await plan.flood(last.send_all, last.receive)
        single = await plan.flood(last.send_each, last.receive, SINGLE)
    found = plan.figures(contacts, pings, rate) | {"one_way_in_single_calls_per_second": single}
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["answer", home]:
            asyncio.run(answer(Path(home)))
        case ["ask", first, second, *homes]:
            asyncio.run(ask((first, second), [Path(home) for home in homes]))
        case _:
            sys.exit(__doc__)
