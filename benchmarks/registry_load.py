"""What is asked of a registry, by many at once, and how long it took."""

import asyncio
import itertools
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from agentmesh.protocol.ids import Amid
from benchmarks.plan import percentile
from benchmarks.registry_crowd import CATEGORIES, SUBCATEGORIES, WITH_PREKEYS
from tests.support.asking import Answer, Asker
from tests.support.registrant import Registrant
from tests.support.world import FakeClock, FakeEntropy

CALLERS = 20
_FILTERS = ("", "&tier_min=1", "&status=online", "&reputation_min=0.6", "&tier_min=1.5&status=dnd")

Ask = Callable[[], Awaitable[object]]


class Figure(NamedTuple):
    """How something went."""

    count: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float = 0.0


async def timed(ask: Ask, seconds: float, at_once: int) -> Figure:
    """Ask again and again, so many at once, for so long."""
    taken: list[float] = []
    began = time.perf_counter()

    async def work() -> None:
        while (start := time.perf_counter()) - began < seconds:
            await ask()
            taken.append(time.perf_counter() - start)

    await asyncio.gather(*(work() for _ in range(at_once)))
    spent = time.perf_counter() - began
    p50, p99 = (percentile(taken, share) * 1000 for share in (0.5, 0.99))
    return Figure(len(taken), len(taken) / spent, p50, p99)


def busy_seconds(process: int) -> float:
    """Return how much of a core a process has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Load:
    """One registry's askers. `amids` are some who are there."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.now = time.time()
        self.amids: list[Amid] = []
        self.chance = random.Random(size)
        self.asked: dict[str, Ask] = {
            "lookup": self.look_up,
            "search": self.search,
            "registration": self.register,
            "prekey fetch": self.fetch,
        }
        self._numbers = itertools.count()
        self._after: list[str] = [""]

    @asynccontextmanager
    async def at(self, url: str) -> AsyncIterator[None]:
        """Ask the registry at this address while inside."""
        self.now = time.time()  # filling took its time
        self._asker = Asker(url, "", FakeClock(self.now))
        self._asker.entropy = FakeEntropy(url)
        self._callers = [Registrant(f"caller {number}", self.now) for number in range(CALLERS)]
        try:
            for caller in self._callers:
                _good(await self._asker.register(caller))
            yield
        finally:
            await self._asker.session.close()

    async def look_up(self) -> None:
        """Look somebody up, with proof."""
        amid = self.chance.choice(self.amids)
        target = f"/v1/registry/lookup?amid={amid}&log_size={self.size}"
        _good(await self._asker.get(target))

    async def search(self) -> None:
        """Search for something; sometimes go on where another page ended."""
        target = f"capability={self.word()}{self.chance.choice(_FILTERS)}"
        target += f"&after={self.chance.choice(self._after)}"
        answer = _good(await self._asker.get(f"/v1/registry/search?{target}"))
        if answer.json["next"] and len(self._after) < 1000:
            self._after.append(answer.json["next"])

    async def register(self) -> None:
        """Register somebody new."""
        agent = Registrant(f"new {next(self._numbers)}", self.now)
        signed = agent.record(1, self.word(), "finance/kind1")
        _good(await self._asker.register(agent, signed))

    async def fetch(self) -> None:
        """Fetch somebody's prekeys, one of which is spent."""
        amid = self.amids[self.chance.randrange(WITH_PREKEYS)]
        caller = self.chance.choice(self._callers)
        _good(await self._asker.get(f"/v1/registry/prekeys/{amid}", caller))

    async def write(self) -> None:
        """Register somebody, or say how somebody is."""
        if self.chance.random() < 0.5:
            await self.register()
            return
        status = {"status": self.chance.choice(("online", "away", "dnd"))}
        caller = self.chance.choice(self._callers)
        _good(await self._asker.post("/v1/registry/status", status, caller))

    def word(self) -> str:
        """Return what somebody searches for or offers."""
        category = self.chance.choice(CATEGORIES)
        if self.chance.random() < 0.5:
            return category
        return f"{category}/{self.chance.choice(SUBCATEGORIES)}"


def _good(answer: Answer) -> Answer:
    assert answer.status < 300, answer.raw
    return answer
