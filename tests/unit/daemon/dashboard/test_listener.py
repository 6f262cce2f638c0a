"""Sockets: both loopback addresses or none, and nobody keeps one by saying half a thing."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from agentmesh.daemon.dashboard.listener import Bounds, bind, response, serving
from agentmesh.daemon.dashboard.replies import answered
from agentmesh.errors import TransportError
from tests.support.tab import LOOPBACK, SECONDS, exchange, heard, request

QUICK = Bounds(head_seconds=0.2)


async def _heard(_: web.BaseRequest) -> web.StreamResponse:
    return response(answered({"heard": True}))


@pytest.fixture
async def port() -> AsyncIterator[int]:
    sockets = bind(0)
    async with serving(_heard, sockets, QUICK):
        yield sockets[0].getsockname()[1]


def test_one_free_port_on_both_addresses() -> None:
    sockets = bind(0)
    addresses = [it.getsockname()[:2] for it in sockets]
    for each in sockets:
        each.close()
    assert [host for host, _ in addresses] == [host for host, _ in LOOPBACK]
    assert len({number for _, number in addresses}) == 1


@pytest.mark.parametrize(("host", "family"), [*LOOPBACK, ("0.0.0.0", socket.AF_INET)])
def test_a_port_that_somebody_has_on_either_address_is_refused_and_let_go(
    host: str, family: socket.AddressFamily
) -> None:
    with socket.create_server((host, 0), family=family) as squatter:
        port = squatter.getsockname()[1]
        with pytest.raises(TransportError) as caught:
            bind(port)
        assert caught.value.code == "port_taken"
        assert "program of yours" in caught.value.message
        assert f"--port {port + 1}" in caught.value.hint
        assert "dashboard_port" in caught.value.hint
        for other, kind in LOOPBACK:  # nothing of ours is left behind
            if other != host and host != "0.0.0.0":
                socket.create_server((other, port), family=kind).close()


def test_another_squatter_cannot_come_in_beside_us() -> None:
    sockets = bind(0)
    try:
        for host, family in [*LOOPBACK, ("0.0.0.0", socket.AF_INET)]:
            with pytest.raises(OSError, match="in use"):
                socket.create_server((host, sockets[0].getsockname()[1]), family=family)
    finally:
        for each in sockets:
            each.close()


@pytest.mark.parametrize("host", [host for host, _ in LOOPBACK])
async def test_it_answers_on_both(port: int, host: str) -> None:
    assert heard(await exchange(port, request(port), host)).json == {"heard": True}


@pytest.mark.parametrize(
    "said",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"POST / HTTP/1.1\r\n", b"\r\n"],
)
async def test_half_a_head_is_cut(port: int, said: bytes) -> None:
    assert await exchange(port, said) == b""


async def test_half_a_second_head_is_cut_too(port: int) -> None:
    whole = request(port, headers={"Connection": "keep-alive"})
    answer = await exchange(port, whole + b"GET / HTTP/1.1\r\nHo")
    assert answer.count(b"HTTP/1.1 200") == 1


async def test_there_are_only_so_many_connections() -> None:
    sockets = bind(0)
    port = sockets[0].getsockname()[1]
    async with serving(_heard, sockets, Bounds(connections=4)), asyncio.timeout(SECONDS):
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(4):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                stack.callback(writer.close)
            assert await exchange(port, request(port)) == b""
        while not await exchange(port, request(port)):  # they have to be gone, one by one
            pass


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
        b"GET /<script>alert(1)</script> HTTP/1.1\r\nA\r\n\r\n",
        b"SSH-2.0-x\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_told_so_and_quoted_nowhere(
    port: int, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = heard(await exchange(port, said))
    assert (answer.status, answer.code) == (400, "malformed")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert b"script" not in answer.body
    assert not caplog.records
