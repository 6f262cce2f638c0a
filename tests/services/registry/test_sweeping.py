"""What time changes without anybody asking."""

import asyncio
from types import SimpleNamespace
from typing import Any

from agentmesh_registry import sweeping
from agentmesh_registry.sweeping import Sweeping

from agentmesh.errors import StorageError
from tests.support.asking import registry_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

ANN = Registrant("ann")


async def test_a_registry_that_starts_finds_who_has_faded(
    sqlite_url: str, clock: FakeClock
) -> None:
    async with registry_at(sqlite_url, clock) as registry:
        await registry.register(ANN)
        await registry.post("/v1/registry/status", {"status": "online"}, ANN)
    clock.advance(301)
    async with registry_at(sqlite_url, clock) as registry, asyncio.timeout(60):
        shown: list[object] = []
        while not shown:
            await asyncio.sleep(0)
            shown = (await registry.get("/v1/registry/search?status=offline")).json["results"]


async def test_a_sweep_that_fails_is_not_the_last(monkeypatch: Any) -> None:
    monkeypatch.setattr(sweeping, "SWEEP_SECONDS", 0)
    swept = asyncio.Event()
    outcomes = iter([StorageError("database_unreachable"), None])

    async def sweep(_: int) -> None:
        outcome = next(outcomes, None)
        if outcome is not None:
            raise outcome

    async def then(_: int) -> None:
        swept.set()

    desk: Any = SimpleNamespace(
        now=lambda: 1,
        listings=SimpleNamespace(sweep=sweep),
        lapses=SimpleNamespace(sweep=then),
    )
    async with Sweeping(desk), asyncio.timeout(60):
        await swept.wait()
