"""A listening socket with bounds."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from agentmesh_registry.config import Address
from agentmesh_registry.listener import Crowd, bind, bound, serving
from aiohttp import web

from agentmesh.errors import TransportError

FREE = Address("127.0.0.1", 0)
SECONDS = 0.2
BOUND = 5
ROOMY = Crowd(10, 10)


@asynccontextmanager
async def listening(crowd: Crowd = ROOMY) -> AsyncIterator[Address]:
    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    with bind(FREE) as listener:
        async with serving(app, listener, web.Response, arrival_seconds=SECONDS, crowd=crowd):
            yield bound(listener)


async def until_cut(address: Address, words: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(words)
        return await asyncio.wait_for(reader.read(), BOUND)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_half_a_head_is_cut_off() -> None:
    async with listening() as address:
        assert await until_cut(address, b"GET / HTTP/1.1\r\nHost: a\r\n") == b""


async def test_who_says_nothing_is_cut_off() -> None:
    async with listening() as address:
        assert await until_cut(address, b"") == b""


async def test_a_second_half_head_is_cut_off_too() -> None:
    async with listening() as address:
        heard = await until_cut(address, b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT")
        assert heard.startswith(b"HTTP/1.1 200")
        assert heard.endswith(b"hello")


async def test_a_head_that_trickles_in_is_cut_off() -> None:
    async with listening() as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        async with asyncio.timeout(BOUND):
            # Letters keep coming; only the end of the head would help.
            while not reader.at_eof() and not writer.is_closing():
                writer.write(b"G")
                with contextlib.suppress(TimeoutError, ConnectionError):
                    await asyncio.wait_for(reader.read(1), SECONDS / 10)
        writer.close()


@pytest.mark.parametrize("crowd", [Crowd(1, 9), Crowd(9, 1)], ids=["in all", "from one address"])
async def test_one_connection_too_many_is_turned_away(crowd: Crowd) -> None:
    async with listening(crowd) as address:
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await asyncio.wait_for(reader.readline(), BOUND)).startswith(b"HTTP/1.1 200")
        try:
            assert await until_cut(address, b"") == b""
        finally:
            writer.close()
            await writer.wait_closed()


def test_a_port_that_is_taken_is_named() -> None:
    with bind(FREE) as first:
        with pytest.raises(TransportError) as caught:
            bind(bound(first))
        assert caught.value.code == "port_taken"
        assert "--listen" in caught.value.hint


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(TransportError) as caught:
        bind(Address("192.0.2.1", 0))
    assert caught.value.code == "cannot_listen"
