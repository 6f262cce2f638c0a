import asyncio
import ipaddress
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

from agentmesh_relay.lobby import (
    ARRIVAL_SECONDS,
    CLOSED_AT_ONCE,
    HEADER_SECONDS,
    SPARE,
    Lobby,
)
from agentmesh_relay.place import OWN_DESCRIPTORS
from agentmesh_relay.proxies import Proxies

from agentmesh.protocol.relay_frames import Disconnect
from tests.support.processes import launch, running
from tests.support.relay_client import agent
from tests.support.world import FakeClock

ONE, OTHER = "192.0.2.1", "192.0.2.2"


class Gate:
    """Lets sockets into a lobby, and remembers who was shut out later."""

    def __init__(self, lobby: Lobby) -> None:
        self.lobby = lobby
        self.aborted: list[int] = []

    def enter(self, address: str) -> bool:
        ticket = self.lobby.ticket()
        return self.lobby.enter(address, ticket, Door(partial(self.aborted.append, ticket)))


class Door(NamedTuple):
    abort: Callable[[], None]


def test_silent_sockets_of_one_address_have_a_bound() -> None:
    lobby = Lobby(1, Proxies(), FakeClock())
    gate = Gate(lobby)
    assert [gate.enter(ONE) for _ in range(SPARE + 2)] == [True] * (SPARE + 1) + [False]
    assert gate.enter(OTHER)
    for ticket in range(SPARE + 2):
        lobby.leave(ONE, ticket)
    assert gate.enter(ONE)
    assert len(lobby) == 2
    assert gate.aborted == []


def test_an_address_that_comes_again_and_again_is_slowed_down() -> None:
    clock = FakeClock()
    lobby = Lobby(1, Proxies(), clock)
    gate = Gate(lobby)

    def comes(address: str) -> bool:
        may_stay = gate.enter(address)
        lobby.leave(address, 0)
        return may_stay

    most = 2 * (SPARE + 1)
    assert [comes(ONE) for _ in range(most + 5)] == [True] * most + [False] * 5
    assert comes(OTHER)
    clock.advance(ARRIVAL_SECONDS * 3.5)
    assert [comes(ONE) for _ in range(5)] == [True] * 3 + [False] * 2


def test_who_has_said_nothing_for_longest_makes_room_and_nobody_else() -> None:
    lobby = Lobby(10, Proxies(), FakeClock(), max_open=4)
    gate = Gate(lobby)
    assert all(gate.enter(ONE) for _ in range(4))
    for ticket in (0, 2):
        lobby.heard(ticket)
    assert gate.enter(OTHER)
    assert gate.enter(OTHER)
    assert gate.aborted == [1, 3]
    for ticket in (4, 5):
        lobby.heard(ticket)
    assert not gate.enter(OTHER)
    for ticket in (1, 3, 6):  # it takes a turn until those are gone who were shut out
        lobby.leave(ONE if ticket < 4 else OTHER, ticket)
    assert len(lobby) == 4
    assert not gate.enter(OTHER)
    assert gate.aborted == [1, 3]


def test_who_does_not_say_in_time_what_it_wants_is_closed_a_few_at_a_time() -> None:
    clock = FakeClock()
    lobby = Lobby(CLOSED_AT_ONCE, Proxies(), clock)
    gate = Gate(lobby)
    assert all(gate.enter(ONE) for _ in range(CLOSED_AT_ONCE + 2))
    clock.advance(HEADER_SECONDS / 2)
    assert gate.enter(OTHER)
    lobby.heard(0)
    lobby.look()
    assert gate.aborted == []
    clock.advance(HEADER_SECONDS / 2)
    lobby.look()
    assert gate.aborted == list(range(1, CLOSED_AT_ONCE + 1))
    lobby.look()
    assert gate.aborted == list(range(1, CLOSED_AT_ONCE + 2))
    clock.advance(HEADER_SECONDS / 2)
    lobby.look()
    assert gate.aborted == list(range(1, CLOSED_AT_ONCE + 3))


def test_a_proxy_speaks_for_many_but_not_for_more_than_fit() -> None:
    lobby = Lobby(1, Proxies([ipaddress.ip_network(ONE)]), FakeClock(), max_open=SPARE * 2)
    gate = Gate(lobby)
    assert all(gate.enter(ONE) for _ in range(SPARE * 2))
    for ticket in range(SPARE * 2):
        lobby.heard(ticket)
    assert not gate.enter(ONE)
    assert not gate.enter(OTHER)
    lobby.leave(OTHER, SPARE * 2 + 1)
    for ticket in range(SPARE * 2 + 1):
        lobby.leave(ONE, ticket)
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


async def test_those_who_say_nothing_keep_nobody_out_who_speaks(tmp_path: Path) -> None:
    few = f"ulimit -n {OWN_DESCRIPTORS + 40}; exec {sys.executable} -m agentmesh_relay"
    own = ("--listen", "127.0.0.1:0", "--data", tmp_path / "relay")
    relay = launch("sh", "-c", f'{few} "$@"', "relay", *own)
    try:
        url = relay.said("listening on ")
        port = int(url.rsplit(":", 1)[1].partition("/")[0])
        async with agent(url, "alice") as alice, AsyncExitStack() as silent:
            for number in range(300):
                here = (f"127.0.0.{2 + number % 9}", 0)
                _, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=here)
                silent.callback(writer.close)
                if number % 20 == 19:
                    async with agent(url, f"newcomer{number}"):
                        pass
            assert await alice.hears_nothing_more(Disconnect)
        assert "descriptors.few" in relay.output
        assert "connection.failed" not in relay.output
    finally:
        relay.kill()
