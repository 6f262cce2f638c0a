"""A JetStream of three servers: what was promised survives the loss of one with its disk."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from agentmesh_relay.cluster.link import Link
from agentmesh_relay.cluster.linked import linked
from agentmesh_relay.mailbox.interface import Stored
from agentmesh_relay.mailbox.stream import KNOWN, LETTERS

from agentmesh.observability.world import system_entropy
from tests.support.letters import Home, letter, opened, put, shared_mailbox
from tests.support.nats_server import NatsServer
from tests.support.ports import free_port


@pytest.fixture
async def three(tmp_path: Path) -> AsyncIterator[list[NatsServer]]:
    ports = [free_port() for _ in range(3)]
    routes = ",".join(f"nats://127.0.0.1:{port}" for port in ports)
    servers = []
    for port in ports:
        joined = ("--cluster_name", "mesh", "--cluster", f"nats://127.0.0.1:{port}")
        options = (*joined, "--routes", routes, "-n", f"n{port}")
        servers.append(NatsServer(tmp_path / str(port), options))
    for server in servers:
        await asyncio.to_thread(server.start)
    yield servers
    for server in servers:
        server.kill()


async def replicate(link: Link, stream: str) -> None:
    """Have three servers keep a stream, and wait until all of them do."""
    info = (await link.ask(f"$JS.API.STREAM.INFO.{stream}", b""))[0].data
    config = {**msgspec.json.decode(info)["config"], "num_replicas": 3}
    await link.ask(f"$JS.API.STREAM.UPDATE.{stream}", msgspec.json.encode(config))
    async with asyncio.timeout(60):
        while True:
            info = (await link.ask(f"$JS.API.STREAM.INFO.{stream}", b""))[0].data
            others = msgspec.json.decode(info).get("cluster", {}).get("replicas", [])
            if len(others) == 2 and all(it.get("current") for it in others):
                return
            await asyncio.sleep(0.1)


async def test_what_was_promised_survives_the_loss_of_a_server_and_its_disk(
    three: list[NatsServer],
) -> None:
    first, *others = three
    link = Link([first.url], system_entropy)
    async with linked(link), shared_mailbox(first.url, Home()) as box:
        await replicate(link, KNOWN)
        await replicate(link, LETTERS)
        await opened(box)
        kept = [await put(box, letter(number)) for number in range(20)]
        assert all(isinstance(it, Stored) for it in kept)
        first.kill()
        first.forget()
    for server in others:
        async with shared_mailbox(server.url, Home()) as box:
            assert [it.id for it in await opened(box)] == [str(number) for number in range(20)]
