"""NATS behind TLS, as the documentation says it should be between machines."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from agentmesh_relay.cluster.line import DRAIN_BYTES, Heard
from agentmesh_relay.cluster.link import Link
from agentmesh_relay.cluster.linked import linked

from agentmesh.errors import TransportError
from agentmesh.observability.world import system_entropy
from tests.support.certificates import certificate
from tests.support.nats_server import NatsServer
from tests.support.patience import until


@pytest.fixture
async def secure(tmp_path: Path) -> AsyncIterator[NatsServer]:
    cert, key = certificate(tmp_path / "tls")
    server = NatsServer(tmp_path / "nats", ("--tls", "--tlscert", cert, "--tlskey", key))
    await asyncio.to_thread(server.start)
    yield server
    server.kill()


async def test_much_and_little_goes_over_tls(
    secure: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "tls" / "cert.pem"))
    heard: list[Heard] = []
    link = Link([secure.url.replace("nats:", "tls:")], system_entropy)
    link.listen("news", heard.append)
    async with linked(link):
        for size in (3, DRAIN_BYTES, DRAIN_BYTES, 5):
            link.say("news", bytes(size))
        await until(lambda: len(heard) == 4)
    assert [len(it.data) for it in heard] == [3, DRAIN_BYTES, DRAIN_BYTES, 5]


async def test_a_certificate_that_nobody_vouches_for_is_not_taken(secure: NatsServer) -> None:
    link = Link([secure.url.replace("nats:", "tls:")], system_entropy)
    with pytest.raises(TransportError):
        await link.connect()
    assert not link.is_up
