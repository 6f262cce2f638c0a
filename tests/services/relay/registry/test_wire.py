"""What is said to a real registry, and what becomes of it if there is none, or a strange one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from agentmesh_relay.registry.identity import opened
from agentmesh_relay.registry.wire import NotTaken, RegistryWire

from agentmesh.protocol.absences import Absence, Absences
from agentmesh.protocol.relay_key import RelayKey
from tests.support.asking import registry_at
from tests.support.patience import PATIENCE
from tests.support.registrant import Registrant
from tests.support.world import FakeClock, FakeEntropy

ALICE = Registrant("alice")
GONE = Absences(gone=(Absence(amid=ALICE.amid, ago_ms=0),))


@asynccontextmanager
async def wire_to(url: str, folder: Path, clock: FakeClock) -> AsyncIterator[RegistryWire]:
    identity = opened(folder / "key", FakeEntropy("relay"))
    async with RegistryWire(url, identity, (clock, FakeEntropy("nonces")), 0.5) as wire:
        yield wire


async def test_the_registry_takes_it_once_its_operator_named_the_relay(tmp_path: Path) -> None:
    clock = FakeClock()
    key = opened(tmp_path / "key", FakeEntropy("relay")).public_key
    named = (RelayKey("ws://127.0.0.1:1", key),)
    async with registry_at(f"{tmp_path}/r.db", clock, relays=named) as registry:
        await registry.register(ALICE)
        await registry.post("/v1/registry/status", {"status": "online"}, ALICE)
        clock.advance(20)
        async with wire_to(registry.url, tmp_path, clock) as wire:
            await wire.tell(GONE)
            await wire.tell(GONE)  # each is signed anew
        assert (await registry.lookup(ALICE)).json["status"] == "offline"


async def test_a_refusal_has_the_registrys_code(tmp_path: Path) -> None:
    clock = FakeClock()
    async with (
        registry_at(f"{tmp_path}/r.db", clock) as registry,
        wire_to(registry.url, tmp_path, clock) as wire,
    ):
        with pytest.raises(NotTaken) as caught:
            await wire.tell(GONE)
    assert caught.value.code == "unknown_signer"


HEAD = b"HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\n"
ANSWERS = {
    "nothing": (b"", "registry_unreachable", 0),
    "no HTTP": (b"hello\r\n\r\n", "registry_unreachable", 0),
    "silence": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "registry_unreachable", 0),
    "too much": (HEAD + b"\r\n" + b"x" * 20_000, "registry_answer_too_large", 0),
    "no code": (HEAD + b'\r\n{"code":"A line\\nin a log"}', "registry_refused", 0),
    "no problem": (HEAD + b"\r\n" + b"[" * 9000, "registry_refused", 0),
    "elsewhere": (
        b"HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "registry_refused",
        0,
    ),
    "later": (HEAD + b'Retry-After: 7\r\n\r\n{"code":"rate_limited"}', "rate_limited", 7),
    "never": (HEAD + b'Retry-After: 9999999\r\n\r\n{"code":"rate_limited"}', "rate_limited", 0),
}


@pytest.mark.parametrize(("answer", "code", "retry_after"), ANSWERS.values(), ids=ANSWERS)
async def test_whatever_it_answers_is_not_taken(
    tmp_path: Path, answer: bytes, code: str, retry_after: int
) -> None:
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}]}")
        writer.write(answer)
        if b"Length: 9" in answer:
            await reader.read()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        over.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with wire_to(f"http://127.0.0.1:{port}", tmp_path, FakeClock()) as wire:
            with pytest.raises(NotTaken) as caught:
                await wire.tell(GONE)
        await asyncio.wait_for(over.wait(), PATIENCE)
    assert (caught.value.code, caught.value.retry_after) == (code, retry_after)


async def test_nobody_there_is_said(tmp_path: Path) -> None:
    async with wire_to("http://127.0.0.1:9", tmp_path, FakeClock()) as wire:
        with pytest.raises(NotTaken) as caught:
            await wire.tell(GONE)
    assert caught.value.code == "registry_unreachable"
