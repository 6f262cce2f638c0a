"""The way to a real relay, and to what only looks like one."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from agentmesh.daemon.netcheck.relay import Guest, way_to_relay
from agentmesh.daemon.netcheck.report import Step, Walk
from agentmesh.protocol.limits import PROTOCOL
from agentmesh.protocol.relay_frames import Challenge, encode
from tests.support.incoming import caller_called
from tests.support.processes import running

TLS = ssl.create_default_context()
CALLER = caller_called("alice")


async def steps(url: str, why_not: str = "") -> dict[str, Step]:
    walk = Walk(CALLER.clock)
    way = await way_to_relay(url, walk, Guest(CALLER, why_not), TLS)
    return {step.name: step for step in way.steps}


@pytest.fixture
def relay(tmp_path: Path) -> object:
    with running("agentmesh_relay", "--listen", "127.0.0.1:0", "--data", tmp_path) as program:
        yield program.said("listening on ").removesuffix("/v1/connect")


async def test_a_relay_that_is_well_lets_us_in(relay: str) -> None:
    found = await steps(relay)
    assert {name: step.state for name, step in found.items()} == {
        "dns": "ok", "tcp": "ok", "tls": "skipped", "websocket": "ok",
        "challenge": "ok", "round_trip": "ok", "authenticated": "ok",
    }  # fmt: skip
    assert found["round_trip"].facts["count"] == 5
    assert abs(float(str(found["challenge"].facts["clock_ahead_seconds"]))) < 60


async def test_without_our_keys_all_but_the_last_step_is_taken(relay: str) -> None:
    found = await steps(relay, "The daemon is connected as us.")
    assert found["round_trip"].state == "ok"
    assert found["authenticated"].state == "skipped"
    assert found["authenticated"].why == "The daemon is connected as us."


async def test_a_relay_under_another_name_is_named(relay: str) -> None:
    found = await steps(relay.replace("127.0.0.1", "localhost"))
    assert found["challenge"].state == "failed"
    assert relay in found["challenge"].why


@pytest.fixture
async def posing(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """What a server says that is no good relay."""
    url = ""

    async def greet(connection: ServerConnection) -> None:
        await connection.send(request.param(url))
        await connection.wait_closed()

    async with serve(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"ws://127.0.0.1:{port}"
        yield url


def challenge(url: str, time: int = 0, protocol: str = PROTOCOL) -> bytes:
    now = time or int(CALLER.clock.now() * 1000)
    return encode(Challenge(nonce=bytes(32), relay=url, time=now, protocols=(protocol,)))


@pytest.mark.parametrize(
    ("posing", "words"),
    [
        (lambda url: b"nonsense", "does not speak as a relay"),
        (lambda url: "text", "does not speak as a relay"),
        (lambda url: challenge(url, time=1_000), "clock is"),
        (lambda url: challenge(url, protocol="agentmesh/9"), "does not speak agentmesh/1.0"),
    ],
    indirect=["posing"],
)
async def test_what_is_wrong_is_said_in_a_sentence(posing: str, words: str) -> None:
    found = await steps(posing)
    assert found["challenge"].state == "failed"
    assert words in found["challenge"].why
    assert found["challenge"].fix
    assert found["authenticated"].state == "skipped"


async def test_where_nobody_listens_no_websocket_is_tried() -> None:
    found = await steps("ws://127.0.0.1:9")
    assert found["tcp"].state == "failed"
    assert found["websocket"].state == "skipped"


async def test_through_a_proxy_the_straight_way_is_not_looked_at(relay: str) -> None:
    walk = Walk(CALLER.clock)
    way = await way_to_relay(relay, walk, Guest(CALLER, "No keys."), TLS, "http://proxy:3128")
    found = {step.name: step for step in way.steps}
    assert "http://proxy:3128" in found["dns"].why
    assert found["websocket"].state == "ok"
