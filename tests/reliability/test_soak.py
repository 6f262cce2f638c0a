"""A long time of everyday load: what the programs hold does not grow with it.

Messages, conversations that begin and end, a wire that breaks; memory and descriptors are looked at
all the while. It takes as long as the environment says, and does not run otherwise:

    AGENTMESH_SOAK=600 .venv/bin/pytest -s tests/reliability/test_soak.py
"""

import asyncio
import contextlib
import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from agentmesh import Agent as Program
from agentmesh.control.calls import Kill
from agentmesh.errors import UsageError
from agentmesh.observability.world import SystemClock
from tests.support.mesh import Agent, Mesh

SECONDS = float(os.environ.get("AGENTMESH_SOAK") or 0)
PAUSE = 0.02
LOOK_SECONDS = 5.0
ENDED_EVERY, BROKEN_EVERY = 20, 2000
"""After so many messages a session is ended, and the relay is gone for a moment.

The files of 64 transcripts stay open: so many sessions there are before the first quarter ends.
"""
CATEGORIES = ("communication/messaging", "development/review", "travel/booking")
GROWTH = 1.05
SPARE_MIB = 2.0
"""What an allocator may keep back: pages, not ours to give away."""
SPARE_DESCRIPTORS = 4
"""A connection that is being made anew, a file that is being written."""

_clock = SystemClock()


@dataclass
class Held:
    """What a process held, look by look."""

    pid: int
    mib: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def look(self) -> None:
        status = Path(f"/proc/{self.pid}/status").read_text()
        self.mib.append(int(status.partition("VmRSS:")[2].split()[0]) / 1024)
        self.descriptors.append(len(list(Path(f"/proc/{self.pid}/fd").iterdir())))

    def quarters(self) -> dict[str, list[float]]:
        """Return the median of each quarter; in the first one everything is still warming up."""
        length = len(self.mib) // 4
        starts = range(0, 4 * length, length)
        return {
            name: [statistics.median(values[start : start + length]) for start in starts]
            for name, values in (("mib", self.mib), ("descriptors", self.descriptors))
        }


@pytest.mark.skipif(not SECONDS, reason="AGENTMESH_SOAK says for how many seconds")
@pytest.mark.timeout(SECONDS + 300)
def test_memory_and_descriptors_are_flat(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with Mesh(tmp_path, relay=("--messages-per-minute", 100_000)) as mesh:
        alice, bob = mesh.friends("alice", "bob")
        for agent in (alice, bob):
            agent.ask("policy", "set", "rate_limit.messages_per_minute", "10000")
            agent.ask("policy", "set", "rate_limit.knocks_per_minute", "10000")
            agent.ask("policy", "set", "consent", "policy")
        held = {"alice": Held(alice.pid), "bob": Held(bob.pid)}
        held["registry"] = Held(mesh.registry.pid)
        said = asyncio.run(_talk(mesh, alice, bob, held))
    figures = {name: it.quarters() for name, it in held.items()}
    print({"messages": said, "seconds": SECONDS, **figures})
    record_property("messages", said)
    for name, it in figures.items():
        _, before, _, after = it["mib"]
        assert after <= before * GROWTH + SPARE_MIB, (name, figures)
        _, before, _, after = it["descriptors"]
        assert after <= before + SPARE_DESCRIPTORS, (name, figures)


async def _talk(mesh: Mesh, alice: Agent, bob: Agent, held: dict[str, Held]) -> int:
    """Talk for as long as that; return how many messages were said."""
    until, said = _clock.monotonic() + SECONDS, 0
    async with (
        Program(alice.home) as asking,
        Program(bob.home) as answering,
        asyncio.TaskGroup() as both,
    ):
        tasks = [both.create_task(_look(held))]
        tasks += [both.create_task(_hear(me)) for me in (asking, answering)]
        for number in count():
            if _clock.monotonic() >= until:
                break
            one, other = (asking, bob) if number % 5 else (answering, alice)
            category = CATEGORIES[number % len(CATEGORIES)]
            sent = await one.send(other.amid, f"word {number}", intent=category)
            said += 1
            if number % ENDED_EVERY == ENDED_EVERY - 1:
                with contextlib.suppress(UsageError):  # it is over already
                    await one.ask(Kill(session_id=sent.session_id))
            if number % BROKEN_EVERY == BROKEN_EVERY - 1:
                await asyncio.to_thread(mesh.relay.stop)
                await asyncio.to_thread(mesh.relay.start)
            await asyncio.sleep(PAUSE)
        for task in tasks:
            task.cancel()
    return said


async def _hear(me: Program) -> None:
    async for _ in me.inbox():
        pass


async def _look(held: dict[str, Held]) -> None:
    while True:
        for one in held.values():
            one.look()
        await asyncio.sleep(LOOK_SECONDS)
