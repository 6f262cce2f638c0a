"""How often a relay looks round: as often as those who are there need it."""

from collections import Counter
from typing import cast

import pytest
from agentmesh_relay.arrivals import Arrivals
from agentmesh_relay.connection import Connection
from agentmesh_relay.crowd import Crowd
from agentmesh_relay.figures import Figures
from agentmesh_relay.hub import Hub
from agentmesh_relay.judge import Judge
from agentmesh_relay.ledger import Ledger
from agentmesh_relay.lobby import HEADER_SECONDS, Lobby
from agentmesh_relay.looks import Looks
from agentmesh_relay.outgoing import Turn
from agentmesh_relay.proxies import Proxies

from tests.support.world import FakeClock

ROOMY = 100_000
NOW_AND_THEN = 5


class Silent:
    """A socket that says nothing, until it is closed."""

    is_open = True

    def abort(self) -> None:
        self.is_open = False


class Agent:
    """A connection that knows how often it was looked at."""

    address, forwarded, challenge, unread = "192.0.2.1", (), None, 0

    def __init__(self) -> None:
        self.looks = 0

    def say(self, _frame: object) -> None:
        """Nobody hears it."""

    def part(self, _code: str, _message: str, _retry_after_seconds: int) -> None:
        """It stays a while, as one does that is asked to go."""

    def look(self, _now: float) -> None:
        self.looks += 1


class Relay:
    """Those who are there, those who look, and what is done every so often."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.figures = Figures()
        self.done = Counter[str]()
        self.lobby = Lobby(ROOMY, Proxies(), self.clock)
        hub, turn = cast(Hub, self), cast(Turn, self.clock)
        crowd = Crowd(ROOMY, Proxies())
        self.arrivals = Arrivals(cast(Judge, None), hub, self.figures, turn, crowd)
        ledger = cast(Ledger, self)
        self.looks = Looks(self.arrivals, [self.lobby], hub, ledger, self.clock)

    def look(self) -> None:
        self.done["look"] += 1

    def clean(self) -> None:
        self.done["clean"] += 1

    async def save(self) -> None:
        self.done["save"] += 1

    def opened(self, sockets: int) -> list[Silent]:
        silent = [Silent() for _ in range(sockets)]
        for one in silent:
            assert self.lobby.enter("192.0.2.1", self.lobby.ticket(), one)
        return silent

    def connected(self, agents: int) -> list[Agent]:
        self.opened(agents)
        there = [Agent() for _ in range(agents)]
        for one in there:
            self.arrivals.connected(cast(Connection, one))
        return there

    async def run(self, seconds: float) -> int:
        """Return how often it looked in that time."""
        until, looks = self.clock.monotonic() + seconds, 0
        while self.clock.monotonic() < until - 1e-6:
            await self.looks.look()
            self.clock.advance(self.looks.pause)
            looks += 1
        return looks


@pytest.mark.parametrize(("sockets", "looks"), [(0, 1), (8, 1), (32, 2), (3000, 50)])
async def test_it_looks_as_often_as_open_sockets_need_it(sockets: int, looks: int) -> None:
    relay = Relay()
    relay.opened(sockets)
    assert await relay.run(NOW_AND_THEN) == NOW_AND_THEN * looks


@pytest.mark.parametrize("agents", [1, 8, 40, 250])
async def test_every_agent_is_looked_at_every_second(agents: int) -> None:
    relay = Relay()
    there = relay.connected(agents)
    await relay.run(NOW_AND_THEN)
    # The first look after a start is at one of them only: no time has passed.
    assert {one.looks for one in there} <= {NOW_AND_THEN - 1, NOW_AND_THEN}


async def test_a_crowd_that_comes_while_there_are_few_is_not_looked_at_all_at_once() -> None:
    relay = Relay()
    await relay.run(NOW_AND_THEN)
    crowd = relay.connected(4000)
    await relay.looks.look()
    assert 0 < sum(one.looks for one in crowd) <= 4000 / 50 + 1


@pytest.mark.parametrize("sockets", [1, 3000])
async def test_who_says_nothing_is_closed_within_a_second_of_its_time(sockets: int) -> None:
    relay = Relay()
    silent = relay.opened(sockets)
    await relay.run(HEADER_SECONDS + 1.02)
    assert not any(one.is_open for one in silent)


@pytest.mark.parametrize("sockets", [0, 3000])
async def test_what_is_due_now_and_then_does_not_depend_on_how_often_it_looks(sockets: int) -> None:
    relay = Relay()
    relay.opened(sockets)
    await relay.run(121)
    assert 119 <= relay.done["look"] <= 121
    assert relay.done["save"] == 12
    assert relay.done["clean"] == 2


async def test_a_rest_that_was_meant_is_not_late() -> None:
    relay = Relay()
    await relay.run(NOW_AND_THEN)
    await relay.looks.look()
    assert relay.figures.late_seconds < 0.001
    relay.clock.advance(relay.looks.pause + 0.3)
    await relay.looks.look()
    assert relay.figures.late_seconds == pytest.approx(0.3)
