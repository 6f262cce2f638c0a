"""However the first bytes come, what follows is a WebSocket; and before them there is a bound."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from agentmesh_relay.lobby import HEADER_SECONDS, Lobby
from agentmesh_relay.newcomer import Newcomer, nobody_hears
from agentmesh_relay.proxies import Proxies
from picows import WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener

from tests.support.patience import PATIENCE, until
from tests.support.world import FakeClock

REQUEST = (
    b"GET /v1/connect HTTP/1.1\r\nHost: relay\r\nX: "
    + b"x" * 6000
    + (
        b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
)
PING = b"\x89\x82\0\0\0\0hi"
PONG = b"\x8a\x02hi"


@pytest.mark.parametrize("size", [1, 1700, len(REQUEST) - 1, len(REQUEST) + len(PING)])
async def test_a_client_is_understood_however_its_first_bytes_are_cut(url: str, size: int) -> None:
    host, _, port = url.removeprefix("ws://").partition("/")[0].partition(":")
    said = REQUEST + PING
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(host, int(port))
        for at in range(0, len(said), size):
            writer.write(said[at : at + size])
            await asyncio.sleep(0)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        await reader.readuntil(PONG)
        writer.close()


def _not_found(_began_at: float, _request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(404), None)


@asynccontextmanager
async def listening(lobby: Lobby) -> AsyncIterator[int]:
    newcomer = partial(Newcomer, lobby, _not_found, nobody_hears())
    server = await asyncio.get_running_loop().create_server(newcomer, "127.0.0.1", 0)
    async with server, asyncio.timeout(PATIENCE):
        yield server.sockets[0].getsockname()[1]


async def test_who_says_nothing_or_not_enough_is_closed_in_time() -> None:
    clock = FakeClock()
    lobby = Lobby(10, Proxies(), clock)
    async with listening(lobby) as port:
        silent, first = await asyncio.open_connection("127.0.0.1", port)
        slow, second = await asyncio.open_connection("127.0.0.1", port)
        second.write(REQUEST[:20])
        await until(lambda: len(lobby) == 2)
        lobby.look()
        clock.advance(HEADER_SECONDS)
        lobby.look()
        for reader, writer in ((silent, first), (slow, second)):
            with contextlib.suppress(ConnectionResetError):  # its bytes may not have been read yet
                assert await reader.read() == b""
            writer.close()
        await until(lambda: not len(lobby))


async def test_who_was_answered_is_counted_until_it_is_gone() -> None:
    lobby = Lobby(10, Proxies(), FakeClock())
    async with listening(lobby) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
        assert (await reader.read()).startswith(b"HTTP/1.1 404")
        writer.close()
        await until(lambda: not len(lobby))
