import asyncio
import itertools
from contextlib import suppress

import pytest
from agentmesh_relay.cluster.link import Link
from agentmesh_relay.cluster.linked import linked

from agentmesh.errors import TransportError
from agentmesh.observability.world import system_entropy
from tests.support.nats_server import NatsServer
from tests.support.patience import PATIENCE


async def test_a_server_that_is_not_there_is_said_in_a_sentence() -> None:
    with pytest.raises(TransportError, match="NATS does not answer"):
        async with linked(Link(["nats://127.0.0.1:1"], system_entropy), patience=0.5):
            pytest.fail("there is none")


async def test_nobody_waits_for_ever_where_a_refusal_hides_that_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As Python 3.11's `wait_for` does: a failure at that moment is all that one hears of."""
    link = Link(["nats://127.0.0.1:1"], system_entropy)
    tries = itertools.count()

    async def connect() -> None:
        if next(tries):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        raise TransportError("nats_unreachable")

    monkeypatch.setattr(link, "connect", connect)
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(TransportError, match="NATS does not answer"):
            async with linked(link, patience=0.1):
                pytest.fail("there is none")


async def test_a_relay_that_starts_before_nats_waits_for_it(nats: NatsServer) -> None:
    nats.kill()
    link = Link([nats.url], system_entropy)
    joining = asyncio.ensure_future(linked(link).__aenter__())
    await asyncio.sleep(0)
    assert not link.is_up
    nats.start()
    await joining
    assert link.is_up
    await link.close()
