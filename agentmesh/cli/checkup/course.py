"""The course that `bench` runs between two agents: a first contact, round trips, a flood.

Both agents are programs on the Python API, here in one process; a message counts when the other
program has it. Nothing is counted that did not arrive.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from agentmesh.control.agent import Agent
from agentmesh.control.answers import Message
from agentmesh.errors import AgentMeshError, TimedOut
from agentmesh.observability.world import SystemClock

SIZE = 256
"""Bytes of text in a message."""
STEP_SECONDS = 30.0
"""How long one message may take; the flood has as long from its last arrival on."""
IN_FLIGHT = 64
"""Sends of the flood that wait for the daemon's word at a time."""


class Lap(NamedTuple):
    """What was measured, in seconds."""

    first_contact: float
    round_trips: list[float]
    flood: float


class Runner:
    """One of the two agents, and what it hears."""

    def __init__(self, me: Agent, peer: str) -> None:
        self._me = me
        self._peer = peer
        self._arriving: AsyncIterator[Message] = me.inbox(consume=False)

    async def say(self, text: str) -> None:
        """Send a text of the measured size; returns when our daemon keeps it."""
        await self._me.send(self._peer, text.ljust(SIZE, "."))

    async def hear(self) -> str:
        """Return the next text, without what filled it up."""
        try:
            async with asyncio.timeout(STEP_SECONDS):
                message = await anext(self._arriving)
        except TimeoutError:
            raise TimedOut(
                "bench_timed_out", f"A message did not arrive within {STEP_SECONDS:.0f} s."
            ) from None
        return str(message.payload["text"]).rstrip(".")


async def run(homes: tuple[Path, Path], amids: tuple[str, str], trips: int, flood: int) -> Lap:
    """Run the course between the daemons of two homes."""
    clock = SystemClock()
    async with Agent(homes[0]) as first, Agent(homes[1]) as second:
        alice, bob = Runner(first, amids[1]), Runner(second, amids[0])
        began = clock.monotonic()
        await alice.say("hello")
        await _heard(bob, "hello")
        contact = clock.monotonic() - began
        times = [await _there_and_back(alice, bob, number, clock) for number in range(trips)]
        return Lap(contact, times, await _flood(alice, bob, flood, clock))


async def _there_and_back(alice: Runner, bob: Runner, number: int, clock: SystemClock) -> float:
    began = clock.monotonic()
    await alice.say(f"ping {number}")
    await _heard(bob, f"ping {number}")
    await bob.say(f"pong {number}")
    await _heard(alice, f"pong {number}")
    return clock.monotonic() - began


async def _flood(alice: Runner, bob: Runner, count: int, clock: SystemClock) -> float:
    """Return how long it takes from the first send until all of them have arrived."""
    numbers = iter(range(count))

    async def send() -> None:
        for number in numbers:  # they share them: whoever is free takes the next
            await alice.say(f"flood {number}")

    async def hear() -> float:
        heard = {await bob.hear() for _ in range(count)}
        if heard != {f"flood {number}" for number in range(count)}:
            raise _wrong()
        return clock.monotonic() - began

    began = clock.monotonic()
    hearing = asyncio.ensure_future(hear())
    tasks = [hearing, *(asyncio.ensure_future(send()) for _ in range(IN_FLIGHT))]
    try:
        await asyncio.gather(*tasks)  # the first that fails ends it
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return hearing.result()


async def _heard(runner: Runner, text: str) -> None:
    if await runner.hear() != text:
        raise _wrong()


def _wrong() -> AgentMeshError:
    return AgentMeshError("bench_failed", "Something else arrived than what was sent.")
