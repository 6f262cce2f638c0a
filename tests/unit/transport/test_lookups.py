"""Names that strangers chose hold up nobody else's."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from agentmesh.errors import TransportError
from agentmesh.transport.lookups import MAX_LOOKUPS, Found, Lookups
from tests.support.patience import PATIENCE, until

HERE: Found = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))


class NameServer:
    """Knows `here`, does not know `nowhere`, and keeps silent about the rest until the end."""

    def __init__(self) -> None:
        self.end = threading.Event()

    def look(self, host: str, port: int, **_: object) -> Sequence[Found]:
        if host == "nowhere":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        if host != "here":
            self.end.wait(PATIENCE)
        return [HERE]


@pytest.fixture
def server() -> Iterator[NameServer]:
    made = NameServer()
    yield made
    made.end.set()


async def test_an_answer_is_an_answer(server: NameServer) -> None:
    lookups = Lookups(server.look)
    assert await lookups.find("here", 443) == [HERE]
    with pytest.raises(OSError, match="unknown"):
        await lookups.find("nowhere", 443)


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.example.org"])
async def test_a_name_that_can_be_none_is_unknown_and_takes_no_place(host: str) -> None:
    lookups = Lookups()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(OSError, match="is no name"):
            await lookups.find(host, 443)
    assert lookups._busy == 0


async def test_where_no_thread_can_start_no_place_is_taken(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    lookups = Lookups(server.look)
    with monkeypatch.context() as crowded:
        crowded.setattr(threading.Thread, "start", start)
        for _ in range(MAX_LOOKUPS):
            with pytest.raises(TransportError, match="Too many names"):
                await lookups.find("here", 443)
    assert await lookups.find("here", 443) == [HERE]


async def test_the_loops_own_lookups_wait_for_none_of_them(server: NameServer) -> None:
    lookups = Lookups(server.look)
    silent = [asyncio.ensure_future(lookups.find("silent", 443)) for _ in range(MAX_LOOKUPS - 1)]
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE / 2):
        assert await loop.getaddrinfo("localhost", 443)
        assert await lookups.find("here", 443) == [HERE]
    assert not any(it.done() for it in silent)
    server.end.set()
    await asyncio.gather(*silent)


async def test_who_was_given_up_still_takes_its_place(server: NameServer) -> None:
    lookups = Lookups(server.look)
    silent = [asyncio.ensure_future(lookups.find("silent", 443)) for _ in range(MAX_LOOKUPS)]
    await asyncio.sleep(0)
    for it in silent:
        it.cancel()
    await asyncio.wait(silent)
    with pytest.raises(TransportError) as caught:
        await lookups.find("here", 443)
    assert caught.value.code == "relay_busy"
    server.end.set()
    await until(lambda: lookups._busy == 0)
    assert await lookups.find("here", 443) == [HERE]
