"""Nothing is sent before the way is open. What comes back is in tests/integration/registry."""

import ssl
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from agentmesh.discovery.registry_wire import RegistryWire, _time_of, _why
from agentmesh.errors import UsageError
from tests.support.registrant import Registrant
from tests.support.world import FakeClock, FakeEntropy

WORLD = FakeClock(), FakeEntropy()
PLACE = cast("ConnectionKey", SimpleNamespace(host="registry.example", port=443, ssl=True))


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


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (TimeoutError(), "it takes too long"),
        (aiohttp.ServerTimeoutError(), "it takes too long"),
        (aiohttp.ClientConnectorDNSError(PLACE, OSError()), "there is no address for its name"),
        (
            aiohttp.ClientConnectorCertificateError(PLACE, ssl.SSLCertVerificationError()),
            "its certificate is not good",
        ),
        (
            aiohttp.ClientConnectorSSLError(PLACE, ssl.SSLError()),
            "there is no TLS at that address",
        ),
        (
            aiohttp.ClientConnectorError(PLACE, ConnectionRefusedError()),
            "nobody can be reached at that address",
        ),
        (aiohttp.ServerDisconnectedError(), "it hung up"),
        (aiohttp.ClientPayloadError(), "it hung up"),
        (ConnectionResetError(), "it hung up"),
        (aiohttp.ClientError(), "what it says is no HTTP"),
    ],
)
def test_an_owner_reads_why_and_never_the_name_of_a_class(error: Exception, why: str) -> None:
    assert _why(error) == why
