"""The registry's life."""

import contextlib
import socket

import pytest
from agentmesh_registry.config import Address, Config
from agentmesh_registry.server import running
from yarl import URL

from agentmesh.errors import AgentMeshError
from tests.support import postgres
from tests.support.asking import registry_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock, FakeEntropy

ALICE = Registrant("alice")


async def test_what_was_registered_is_there_after_a_restart(
    database_url: str, clock: FakeClock
) -> None:
    async with registry_at(database_url, clock) as first:
        await first.register(ALICE)
    async with registry_at(database_url, clock) as second:
        assert (await second.get(f"/v1/registry/lookup?amid={ALICE.amid}")).status == 200


async def test_two_registries_share_one_database(database_url: str, clock: FakeClock) -> None:
    async with registry_at(database_url, clock) as one, registry_at(database_url, clock) as other:
        await one.register(ALICE)
        assert (await other.get(f"/v1/registry/lookup?amid={ALICE.amid}")).status == 200


async def test_left_is_stopped(sqlite_url: str, clock: FakeClock) -> None:
    async with registry_at(sqlite_url, clock) as registry:
        url = URL(registry.url)
    with socket.socket() as probe:
        assert probe.connect_ex((url.host, url.port)) != 0


async def test_a_registry_that_cannot_start_leaves_no_socket_open(clock: FakeClock) -> None:
    config = Config(listen=Address("127.0.0.1", 0), database="mysql://host/name")
    with pytest.raises(AgentMeshError):
        async with running(config, clock, FakeEntropy()):
            pass


async def test_a_database_that_goes_away_is_said_and_not_waited_for(clock: FakeClock) -> None:
    with contextlib.ExitStack() as cluster:
        database = postgres.make_database(cluster.enter_context(postgres.cluster()), "mesh")
        async with registry_at(database, clock) as registry:
            assert (await registry.get("/readyz")).status == 200
            cluster.close()
            ready = await registry.get("/readyz")
            assert ready.status == 503
            assert ready.json["checks"] == {"database": "database_unreachable"}
            answer = await registry.get("/v1/stats")
            assert answer.refusal == (503, "database_unreachable")
            assert answer.headers["Retry-After"]
            assert (await registry.get("/healthz")).status == 200
