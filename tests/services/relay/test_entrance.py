"""What the ports answer to browsers, proxies and the curious."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import websockets

from tests.support.processes import Program, running
from tests.support.relay_client import agent

PAGE = "https://app.example.org"


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Program]:
    options = ("--listen", "127.0.0.1:0", "--data", tmp_path / "relay", "--admin", "127.0.0.1:0")
    own = ("--allow-origin", PAGE, "--trusted-proxy", "127.0.0.1", "--connections-per-address", 1)
    with running("agentmesh_relay", *options, *own) as program:
        yield program


async def refused(url: str, page: str) -> int:
    try:
        async with websockets.connect(url, origin=websockets.Origin(page), proxy=None):
            return 101
    except websockets.InvalidStatus as error:
        return error.response.status_code


async def test_web_pages_get_in_only_by_name(url: str) -> None:
    assert await refused(url, PAGE) == 101
    assert await refused(url, "https://evil.example.org") == 403
    assert await refused(url, "null") == 403


async def test_health_is_shown_to_pages_only_by_name(url: str) -> None:
    found = {}
    for page in (PAGE, "https://evil.example.org"):
        with pytest.raises(websockets.InvalidStatus) as caught:
            async with websockets.connect(
                url.replace("/v1/connect", "/healthz"), origin=websockets.Origin(page), proxy=None
            ):
                pass
        found[page] = caught.value.response.headers.get("Access-Control-Allow-Origin")
    assert found == {PAGE: PAGE, "https://evil.example.org": None}


async def test_behind_a_proxy_each_client_has_its_own_bound(url: str) -> None:
    async def greeting(client: str) -> bytes:
        headers = {"X-Forwarded-For": client}
        socket = await websockets.connect(url, additional_headers=headers, proxy=None)
        sockets.append(socket)
        return await socket.recv(decode=False)

    sockets: list[websockets.ClientConnection] = []
    words = [await greeting(client) for client in ("192.0.2.1", "192.0.2.2", "192.0.2.1")]
    assert [b"RATE_LIMITED" in word for word in words] == [False, False, True]
    for socket in sockets:
        await socket.close()
    async with agent(url, "alice"):
        pass
