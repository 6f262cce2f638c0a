"""Dialling what is no relay, or no longer one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from agentmesh.errors import TransportError
from agentmesh.protocol.origin import origin_of
from agentmesh.protocol.relay_frames import Challenge, decode_from_relay
from agentmesh.transport.dialling import dial
from agentmesh.transport.lookups import Lookups


@asynccontextmanager
async def server(answer: bytes) -> AsyncIterator[str]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with listening:
        yield f"ws://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def code_of(origin: str, *, public_only: bool = False) -> str:
    with pytest.raises(TransportError) as caught:
        await dial(origin, None, publicly=Lookups() if public_only else None)
    return caught.value.code


async def test_a_relay_is_dialled_at_its_origin(url: str) -> None:
    wire = await dial(origin_of(url), None, publicly=None)
    assert isinstance(decode_from_relay(await wire.next_frame()), Challenge)
    await wire.close()
    with pytest.raises(TransportError):
        await wire.next_frame()
    with pytest.raises(TransportError):
        await wire.send_together([b"too late"])


async def test_nobody_there() -> None:
    assert await code_of("ws://127.0.0.1:1") == "relay_unreachable"


async def test_what_answers_is_no_relay() -> None:
    async with server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as origin:
        assert await code_of(origin) == "relay_refused"
    async with server(b"SSH-2.0-OpenSSH\r\n\r\n") as origin:
        assert await code_of(origin) == "relay_refused"


async def test_who_takes_us_and_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentmesh.transport.dialling.CONNECT_SECONDS", 0.2)
    hung_up = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            pass
        writer.close()
        await writer.wait_closed()
        hung_up.set()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        assert await code_of(f"ws://127.0.0.1:{port}") == "relay_timeout"
        await asyncio.wait_for(hung_up.wait(), 20)


async def test_a_dial_that_is_ended_in_the_middle_hangs_up_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agentmesh.transport.dialling.CONNECT_SECONDS", 300)
    came, hung_up = asyncio.Event(), asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        while await reader.read(65536):
            pass
        writer.close()
        await writer.wait_closed()
        hung_up.set()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        dialling = asyncio.ensure_future(code_of(f"ws://127.0.0.1:{port}"))
        await came.wait()
        dialling.cancel()
        await asyncio.wait([dialling])
        await asyncio.wait_for(hung_up.wait(), 20)


async def test_a_redirect_is_not_followed() -> None:
    async with server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as elsewhere:
        answer = f"HTTP/1.1 302 Found\r\nLocation: {elsewhere}/v1/connect\r\n\r\n".encode()
        async with server(answer) as origin:
            assert await code_of(origin) == "relay_refused"


@asynccontextmanager
async def proxy(relay: str, answer: bytes) -> AsyncIterator[str]:
    """A proxy that leads to this relay, whatever it was asked for, if that is its answer."""

    async def pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
        sink.close()
        await sink.wait_closed()

    handling: set[asyncio.Task[object]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handling.add(task)
        asked = await reader.readuntil(b"\r\n\r\n")
        assert asked.startswith(b"CONNECT relay.example.org:80 ")
        writer.write(answer)
        if b" 200 " in answer:
            there = urlsplit(relay)
            outside, inside = await asyncio.open_connection(there.hostname, there.port)
            await asyncio.gather(pour(reader, inside), pour(outside, writer))
        writer.close()
        await writer.wait_closed()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        await asyncio.wait_for(asyncio.gather(*handling), 20)


@pytest.mark.parametrize(
    ("answer", "code"),
    [(b"HTTP/1.1 200 Go\r\n\r\n", ""), (b"HTTP/1.1 403 No\r\n\r\n", "relay_unreachable")],
)
async def test_the_way_leads_through_the_proxy_that_the_system_names(
    url: str, monkeypatch: pytest.MonkeyPatch, answer: bytes, code: str
) -> None:
    async with proxy(url, answer) as between:
        monkeypatch.setenv("http_proxy", between)
        if code:
            assert await code_of("ws://relay.example.org") == code
            return
        wire = await dial("ws://relay.example.org", None, publicly=None)
        assert isinstance(decode_from_relay(await wire.next_frame()), Challenge)
        await wire.close()


async def test_a_proxy_that_is_none_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ftp://proxy", "socks5://127.0.0.1:1", "http://127.0.0.1:1", "proxy"):
        monkeypatch.setenv("http_proxy", name)
        assert await code_of("ws://relay.example.org") in {"relay_unreachable", "relay_refused"}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.1.2.3", "192.168.0.1", "169.254.169.254", "[::1]"]
)
async def test_a_relay_that_a_peer_names_must_be_public(host: str) -> None:
    assert await code_of(f"wss://{host}:1", public_only=True) == "relay_not_public"
    assert await code_of(f"ws://{host}:1", public_only=True) == "relay_not_secure"
