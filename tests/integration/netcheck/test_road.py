"""DNS, TCP and TLS against real sockets."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agentmesh.daemon.netcheck import road
from agentmesh.daemon.netcheck.report import Step, Walk
from agentmesh.daemon.netcheck.road import Target, target_of, travel
from agentmesh.observability.world import SystemClock
from tests.support.certificates import certificate


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Yield the port of a server that says nothing."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


def serving_with(files: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


async def steps(url: str, trusted: Path | None = None) -> dict[str, Step]:
    walk = Walk(SystemClock())
    tls = ssl.create_default_context(cafile=str(trusted) if trusted else None)
    await travel(walk, target_of(url), tls, SystemClock())
    return {step.name: step for step in walk.steps}


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("ws://127.0.0.1:8765", Target("127.0.0.1", 8765, False)),
        ("wss://relay.example.org/x", Target("relay.example.org", 443, True)),
        ("http://[::1]", Target("::1", 80, False)),
        ("https://registry.example.org:8443", Target("registry.example.org", 8443, True)),
    ],
)
def test_a_url_leads_somewhere(url: str, target: Target) -> None:
    assert target_of(url) == target


async def test_without_tls_it_ends_with_a_connection() -> None:
    async with listening() as port:
        found = await steps(f"ws://localhost:{port}")
    assert found["dns"].facts["v4"] == ["127.0.0.1"]
    assert found["tcp"].state == "ok"
    assert found["tcp"].facts["answers"] == ["127.0.0.1"]
    assert found["tls"].state == "skipped"


async def test_a_name_that_does_not_exist_is_named() -> None:
    found = await steps("wss://nowhere.invalid")
    assert found["dns"].state == "failed"
    assert "nowhere.invalid" in found["dns"].why
    assert [found[name].state for name in ("tcp", "tls")] == ["skipped", "skipped"]


async def test_a_port_where_nobody_listens_is_named() -> None:
    async with listening() as port:
        pass
    found = await steps(f"ws://127.0.0.1:{port}")
    assert found["tcp"].why == f"Nobody listens on port {port}."


async def test_an_address_that_does_not_answer_costs_its_time_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(road.asyncio, "open_connection", never)
    monkeypatch.setattr(road, "TCP_SECONDS", 0.01)
    found = await steps("ws://127.0.0.1:9")
    assert found["tcp"].facts["problems"] == ["timeout"]
    assert "firewall" in found["tcp"].fix


async def test_a_good_certificate_is_shown(tmp_path: Path) -> None:
    files = certificate(tmp_path)
    async with listening(serving_with(files)) as port:
        found = await steps(f"wss://127.0.0.1:{port}", files[0])
    tls = found["tls"]
    assert tls.state == "ok"
    assert tls.facts["version"] == "TLSv1.3"
    assert tls.facts["names"] == ["127.0.0.1"]
    assert tls.facts["expires_soon"] is False


async def test_a_certificate_that_ends_soon_is_noticed(tmp_path: Path) -> None:
    files = certificate(tmp_path, days=3)
    async with listening(serving_with(files)) as port:
        found = await steps(f"wss://127.0.0.1:{port}", files[0])
    assert found["tls"].facts["expires_soon"] is True


@pytest.mark.parametrize(
    ("days", "address", "is_trusted", "words"),
    [
        (-1, "127.0.0.1", True, "has expired"),
        (90, "192.0.2.1", True, "is for another address"),
        (90, "127.0.0.1", False, "is signed by itself"),
    ],
)
async def test_what_is_wrong_with_a_certificate_is_said_in_a_sentence(
    tmp_path: Path, days: int, address: str, is_trusted: bool, words: str
) -> None:
    files = certificate(tmp_path, days=days, address=address)
    async with listening(serving_with(files)) as port:
        found = await steps(f"wss://127.0.0.1:{port}", files[0] if is_trusted else None)
    tls = found["tls"]
    assert tls.state == "failed"
    assert words in tls.why
    assert tls.fix
    assert tls.facts["names"] == [address]


async def test_a_port_without_tls_is_said_to_be_one() -> None:
    async def talks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talks, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        found = await steps(f"wss://127.0.0.1:{port}")
    assert found["tls"].state == "failed"
    assert "with TLS" in found["tls"].fix
