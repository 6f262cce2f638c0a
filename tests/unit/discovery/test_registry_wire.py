"""Nothing is sent before the way is open. What comes back is in tests/integration/registry."""

import pytest

from agentmesh.discovery.registry_wire import RegistryWire, _time_of
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


@pytest.mark.parametrize(
    "date",
    [
        "",
        "soon",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 99999999999999999999 Jan 2020 00:00:00 GMT",
        "Mon, 01 Jan 2020 00:00:00 +99999999999999999999",
    ],
)
def test_a_date_that_is_none_is_no_fault_of_ours(date: str) -> None:
    assert _time_of(date) is None


def test_what_is_no_registry_is_refused() -> None:
    with pytest.raises(UsageError):
        wire("ws://relay.example")
