import asyncio
import ipaddress
from pathlib import Path

from agentmesh_relay.lobby import ARRIVAL_SECONDS, SPARE, Lobby
from agentmesh_relay.proxies import Proxies

from tests.support.processes import running
from tests.support.world import FakeClock

ONE, OTHER = "192.0.2.1", "192.0.2.2"


def test_silent_sockets_of_one_address_have_a_bound() -> None:
    lobby = Lobby(1, Proxies(), FakeClock())
    assert [lobby.enter(ONE) for _ in range(SPARE + 2)] == [True] * (SPARE + 1) + [False]
    assert lobby.enter(OTHER)
    for _ in range(SPARE + 2):
        lobby.leave(ONE)
    assert lobby.enter(ONE)
    assert len(lobby) == 2


def test_an_address_that_comes_again_and_again_is_slowed_down() -> None:
    clock = FakeClock()
    lobby = Lobby(1, Proxies(), clock)

    def comes(address: str) -> bool:
        may_stay = lobby.enter(address)
        lobby.leave(address)
        return may_stay

    most = 2 * (SPARE + 1)
    assert [comes(ONE) for _ in range(most + 5)] == [True] * most + [False] * 5
    assert comes(OTHER)
    clock.advance(ARRIVAL_SECONDS * 3.5)
    assert [comes(ONE) for _ in range(5)] == [True] * 3 + [False] * 2


def test_a_proxy_speaks_for_many_but_not_for_more_than_fit() -> None:
    lobby = Lobby(1, Proxies([ipaddress.ip_network(ONE)]), FakeClock(), max_open=SPARE * 2)
    assert all(lobby.enter(ONE) for _ in range(SPARE * 2))
    assert not lobby.enter(ONE)
    assert not lobby.enter(OTHER)
    lobby.leave(OTHER)
    for _ in range(SPARE * 2 + 1):
        lobby.leave(ONE)
    assert len(lobby) == 0


async def test_one_address_gets_so_many_sockets_and_no_more(tmp_path: Path) -> None:
    own = ("--listen", "127.0.0.1:0", "--data", tmp_path / "relay")
    with running("agentmesh_relay", *own, "--connections-per-address", 2) as relay:
        port = int(relay.said("listening on ").rsplit(":", 1)[1].partition("/")[0])
        pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(SPARE + 12)]
        reading = [asyncio.ensure_future(reader.read()) for reader, _ in pairs]
        _, other = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        async with asyncio.timeout(60):
            refused: set[asyncio.Future[bytes]] = set()
            while len(refused) < 10:
                waiting = [it for it in reading if it not in refused]
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                refused |= done
        assert len(refused) == 10
        assert not other.is_closing()
        for writer in (other, *(writer for _, writer in pairs)):
            writer.close()
        await asyncio.gather(*reading, return_exceptions=True)
