"""A webhook at a real server: taken, refused, redirected, hanging, not there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from agentmesh.notify.web import Web

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _server(serve: Serve) -> AsyncIterator[str]:
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}/hook"


def _answering(head: bytes, asked: list[bytes]) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n") + await reader.readexactly(2))
        writer.write(head)
        writer.close()

    return serve


@pytest.mark.parametrize(
    ("head", "is_taken"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", True),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.1 302 Found\r\nLocation: /hook\r\nContent-Length: 0\r\n\r\n", False),
        (b"no http at all\r\n\r\n", False),
        (b"", False),
    ],
)
async def test_only_a_server_that_took_it_counts(head: bytes, is_taken: bool) -> None:
    asked: list[bytes] = []
    async with _server(_answering(head, asked)) as url:
        assert await Web().post(url, b"{}", {"Content-Type": "application/json"}) == is_taken
    assert len(asked) == 1
    assert asked[0].startswith(b"POST /hook HTTP/1.1\r\n")
    assert asked[0].endswith(b"{}")


async def test_a_server_that_never_answers_is_left() -> None:
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1024):
            pass
        writer.close()
        gone.set()

    async with _server(serve) as url:
        assert await Web(0.2).post(url, b"{}", {}) is False
        await asyncio.wait_for(gone.wait(), 60)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[::1]:1/", "https://127.0.0.1:1/"])
async def test_where_nobody_listens_nothing_was_told(url: str) -> None:
    assert await Web(2).post(url, b"{}", {}) is False
