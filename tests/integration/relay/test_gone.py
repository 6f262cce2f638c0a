"""Two relay nodes and a registry as processes: who is gone, and who is only somewhere else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from agentmesh.observability.world import SystemClock
from agentmesh.protocol.ids import amid_of
from agentmesh.protocol.relay_frames import Presence
from tests.support.asking import Asker
from tests.support.mesh import bugs_in
from tests.support.nats_server import nats_server
from tests.support.patience import PATIENCE
from tests.support.processes import running
from tests.support.registrant import Registrant
from tests.support.relay_client import RelayClient, agent, key_of
from tests.support.world import FakeClock

HERE = ("--listen", "127.0.0.1:0")
ORIGIN = "ws://relay.example"


class Town(NamedTuple):
    east: str
    west: str
    registry: Asker

    async def settle(self, name: str) -> Registrant:
        """Register an agent of this relay, online."""
        one = Registrant(name, self.registry.clock.now())
        one.key = key_of(name)
        one.public = bytes(one.key.verify_key)
        one.amid = amid_of(one.public)
        await self.registry.register(one, one.record(1, relay_endpoint=f"{ORIGIN}/v1/connect"))
        said = await self.registry.post("/v1/registry/status", {"status": "online"}, one)
        assert said.status == 200
        return one

    async def sees(self, one: Registrant) -> str:
        return str((await self.registry.lookup(one)).json["status"])

    async def sees_gone(self, one: Registrant) -> None:
        """Wait until an agent is offline."""
        for _ in range(int(PATIENCE * 10)):
            if await self.sees(one) == "offline":
                return
            await asyncio.sleep(0.1)
        raise AssertionError("it was never offline")


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    with ExitStack() as stack:
        own = ("--origin", ORIGIN, "--identity", tmp_path / "key", "--data", tmp_path / "relay")
        with running("agentmesh_relay", *own, "--show-key") as shown:
            assert shown.ended() == 0
        env = {
            "AGENTMESH_REGISTRY_RELAY": shown.output,
            "AGENTMESH_REGISTRY_REQUESTS_PER_MINUTE": "0",
        }
        options = (*HERE, "--database", tmp_path / "r.db", "--stamp-bits", "0")
        registry = stack.enter_context(running("agentmesh_registry", *options, env=env))
        url = registry.said("listening on ")
        nats = stack.enter_context(nats_server())
        told = ("--nats", nats.url, "--registry", url, "--gone-after", "1")
        nodes = [
            stack.enter_context(running("agentmesh_relay", *HERE, *own, *told)) for _ in range(2)
        ]
        asker = Asker(url, "", FakeClock(SystemClock().now()))
        yield Town(*(it.said("listening on ") for it in nodes), asker)
        await asker.session.close()
        for program in (*nodes, registry):
            assert not bugs_in(program.output), program.output


async def shows_itself(client: RelayClient, at: str) -> None:
    await client.say(Presence(status="online", shown_at=at))
    await (await client.socket.ping())


async def test_who_went_is_offline_and_who_went_to_another_node_is_not(town: Town) -> None:
    alice, bob, guest = [await town.settle(name) for name in ("alice", "bob", "guest")]
    for registry in ("", "https://other.example"):  # who is shown elsewhere is not its business
        async with agent(town.west, "guest") as elsewhere:
            await shows_itself(elsewhere, registry)
    async with agent(town.east, "alice") as first:
        await shows_itself(first, town.registry.url)
        async with agent(town.west, "alice") as second:
            await shows_itself(second, town.registry.url)
            await first.closed()
            async with agent(town.east, "bob") as there:
                await shows_itself(there, town.registry.url)
            await town.sees_gone(bob)
            assert [await town.sees(it) for it in (alice, guest)] == ["online", "online"]
        await town.sees_gone(alice)
    assert await town.sees(guest) == "online"
