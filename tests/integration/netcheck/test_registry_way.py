"""The way to a real registry, and to what only looks like one."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.daemon.netcheck.registry import way_to_registry
from agentmesh.daemon.netcheck.report import Step, Walk
from agentmesh.discovery.book import Memory
from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.identity.keys import Identity
from agentmesh.observability.world import SystemClock, system_entropy
from tests.support.patience import PATIENCE
from tests.support.processes import running

CLOCK = SystemClock()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    database = f"sqlite:///{tmp_path}/registry.db"
    with running("agentmesh_registry", "--listen", "127.0.0.1:0", "--database", database) as it:
        yield it.said("listening on ")


async def steps(url: str, why_unsigned: str = "") -> dict[str, Step]:
    us = Identity.make(system_entropy)
    world = CLOCK, system_entropy
    async with RegistryDirectory(url, us, world, Memory(), seconds=PATIENCE) as directory:
        way = await way_to_registry(url, Walk(CLOCK), directory, why_unsigned, CLOCK)
    return {step.name: step for step in way.steps}


async def test_a_registry_that_is_well_answers_everything(registry: str) -> None:
    found = await steps(registry)
    wrong = [step for name, step in found.items() if step.state != "ok" and name != "tls"]
    assert wrong == []
    assert found["version"].facts["protocol"] == "agentmesh/1.0"
    assert found["read"].facts["count"] == 5
    assert found["signed_read"].facts == {"is_known": False}, "nobody has registered yet"
    assert abs(float(str(found["health"].facts["clock_ahead_seconds"]))) < 60


async def test_without_our_keys_nothing_is_signed(registry: str) -> None:
    found = await steps(registry, "There are no keys yet.")
    assert found["read"].state == "ok"
    assert (found["signed_read"].state, found["signed_read"].why) == (
        "skipped",
        "There are no keys yet.",
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"nonsense",
    ],
)
async def test_what_is_no_registry_is_said_to_be_none(answer: bytes) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(say, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        found = await steps(f"http://127.0.0.1:{port}")
    failed = [step for step in found.values() if step.state == "failed"]
    assert [step.name for step in failed] in (["health"], ["version"])
    assert failed[0].fix
