"""Nothing is sent before the way is open. What comes back is in tests/integration/registry."""

import pytest

from agentmesh.discovery.registry_wire import RegistryWire
from agentmesh.errors import UsageError
from tests.support.registrant import Registrant
from tests.support.world import FakeClock, FakeEntropy

WORLD = FakeClock(), FakeEntropy()


def wire(url: str = "http://127.0.0.1:1/") -> RegistryWire:
    return RegistryWire(url, Registrant("alice"), WORLD, 1)


async def test_nothing_is_asked_before_it_is_open() -> None:
    with pytest.raises(UsageError) as caught:
        await wire().ask("GET", "/healthz")
    assert caught.value.code == "not_started"


async def test_it_may_be_closed_at_any_time() -> None:
    here = wire()
    await here.close()
    await here.open()
    await here.close()
    await here.close()


def test_of_a_registry_nobody_asked_nothing_is_known() -> None:
    status = wire().status
    assert (status.state, status.url, status.last_answer_at) == (
        "unknown",
        "http://127.0.0.1:1",
        None,
    )


def test_what_is_no_registry_is_refused() -> None:
    with pytest.raises(UsageError):
        wire("ws://relay.example")
