"""The course that bench runs, between agents that are played."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from agentmesh.cli.checkup import course
from agentmesh.cli.checkup.course import SIZE, Runner
from agentmesh.errors import AgentMeshError, Refused, TimedOut
from agentmesh.observability.world import SystemClock

CLOCK = SystemClock()


class Played:
    """An agent whose messages arrive at the other at once, perhaps as something else."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[str] = asyncio.Queue()
        self.to = self
        self.sent: list[str] = []
        self.fails_at = 10**6

    async def send(self, _: str, text: str) -> None:
        if len(self.sent) >= self.fails_at:
            raise Refused("blocked", "No.")
        self.sent.append(text)
        await self.to.arrived.put(text)

    async def inbox(self, *, consume: bool) -> AsyncIterator[SimpleNamespace]:
        assert not consume
        while True:
            yield SimpleNamespace(payload={"text": await self.arrived.get()})


def pair() -> tuple[Played, Played, Runner, Runner]:
    alice, bob = Played(), Played()
    alice.to, bob.to = bob, alice
    return alice, bob, Runner(alice, "bob"), Runner(bob, "alice")  # type: ignore[arg-type]


async def test_there_and_back_is_both_ways() -> None:
    alice, bob, first, second = pair()
    assert await course._there_and_back(first, second, 7, CLOCK) >= 0
    assert [it.rstrip(".") for it in (*alice.sent, *bob.sent)] == ["ping 7", "pong 7"]
    assert {len(it) for it in alice.sent} == {SIZE}


async def test_a_flood_counts_each_message_once() -> None:
    alice, _, first, second = pair()
    assert await course._flood(first, second, 200, CLOCK) > 0
    assert len(set(alice.sent)) == len(alice.sent) == 200


async def test_something_else_is_no_figure() -> None:
    alice, bob, first, second = pair()
    await bob.arrived.put("flood 0")
    with pytest.raises(AgentMeshError) as caught:
        await course._flood(first, second, 3, CLOCK)
    assert caught.value.code == "bench_failed"
    with pytest.raises(AgentMeshError) as caught:
        await course._there_and_back(first, second, 1, CLOCK)
    assert caught.value.code == "bench_failed"
    assert alice.sent


async def test_a_send_that_fails_ends_the_flood_with_its_reason() -> None:
    alice, _, first, second = pair()
    alice.fails_at = 2
    with pytest.raises(Refused):
        await course._flood(first, second, 100, CLOCK)


async def test_what_never_arrives_is_waited_for_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "STEP_SECONDS", 0.01)
    _, _, _, second = pair()
    with pytest.raises(TimedOut):
        await second.hear()
