"""The socket under a dial: connected where it can be, and let go of by whoever holds it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agentmesh.transport.line import Line


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_a_name_leads_to_the_address_that_answers(port: int) -> None:
    line = Line()
    held = await line.open("localhost", port)  # which may be ::1 first, where nobody listens
    assert held.getpeername() == ("127.0.0.1", port)
    await line.let_go()


async def test_nobody_there_leaves_nothing_open() -> None:
    line = Line()
    with pytest.raises(ConnectionRefusedError):
        await line.open("127.0.0.1", 1)
    await line.let_go()


async def test_a_socket_that_nobody_took_is_closed(port: int) -> None:
    line = Line()
    held = await line.open("127.0.0.1", port)
    await line.let_go()
    assert held.fileno() < 0


async def test_a_transport_that_took_the_socket_closes_it(port: int) -> None:
    line = Line()
    held = await line.open("127.0.0.1", port)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=held)
    await line.let_go()
    assert transport.is_closing()
    assert held.fileno() < 0
