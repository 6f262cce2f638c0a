from contextlib import AbstractAsyncContextManager

from agentmesh_relay.cluster.joined import joined
from agentmesh_relay.figures import Figures
from agentmesh_relay.neighbours import Kept

from agentmesh.observability.world import SystemClock, system_entropy
from tests.support.letters import BOB, letter, opened, put, sends
from tests.support.nats_server import NatsServer
from tests.support.nodes import ORIGIN, FakeHouse
from tests.support.patience import until


def node_at(url: str, figures: Figures | None = None) -> AbstractAsyncContextManager[Kept]:
    return joined([url], ORIGIN, figures or Figures(), SystemClock(), system_entropy)


async def test_two_that_joined_share_letters_and_know_of_each_other(nats: NatsServer) -> None:
    figures = Figures()
    one = node_at(nats.url, figures)
    two = node_at(nats.url)
    async with one as east, two as west:
        house = FakeHouse()
        east.neighbours.serve(FakeHouse())
        west.neighbours.serve(house)
        west.neighbours.enter(BOB, lambda: None)
        await opened(west.mailbox)
        assert await put(east.mailbox, letter(1))
        await until(lambda: house.arrivals)
        await until(lambda: east.neighbours.offer(sends(2), lambda _: None))
        await until(lambda: house.offers)
        assert b"agentmesh_relay_nodes 1.0" in figures.render()
        assert b"agentmesh_relay_elsewhere 1.0" in figures.render()
        assert {name: check() for name, check in east.checks.items()} == {
            "mailbox": None,
            "nodes": None,
        }
