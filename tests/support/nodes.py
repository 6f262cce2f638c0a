"""Nodes of one relay without NATS between them: what one says the others hear when told to."""

import asyncio
from collections.abc import Callable

from agentmesh_relay.cluster.line import Heard, Told
from agentmesh_relay.cluster.link import Change
from agentmesh_relay.cluster.node import ClusterNode
from agentmesh_relay.mailbox.interface import Pending
from agentmesh_relay.neighbours import Forwarded, Sends

from agentmesh.observability.logs import Code
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Acked, PresenceResponse, Sent
from tests.support.world import FakeClock

ORIGIN = "ws://relay.example"


class Air:
    """Where nodes say something, and hear each other."""

    def __init__(self) -> None:
        self.links: list[FakeLink] = []
        self.said: list[tuple[FakeLink, str, bytes, str]] = []

    async def carry(self) -> None:
        """Let everybody hear what was said, and what was answered."""
        await asyncio.sleep(0)
        while self.said:
            asker, subject, data, reply = self.said.pop(0)
            hearing = [it for it in self.links if it.is_up and subject in it.listeners]
            for link in hearing:
                link.listeners[subject](Heard(subject, data, {}))
            if not hearing:
                told = asker.listeners[reply.rpartition(".")[0] + ".*"]
                told(Heard(reply, b"", {"Status": "503"}))
            await asyncio.sleep(0)


class FakeLink:
    """See `Link`."""

    def __init__(self, air: Air, name: str) -> None:
        self.name = name
        self.is_up = True
        self.listeners: dict[str, Told] = {}
        self.changes: list[tuple[Change, Change]] = []
        self._air = air
        air.links.append(self)

    def listen(self, subject: str, told: Told) -> None:
        self.listeners[subject] = told

    def watch(self, up: Change, down: Change) -> None:
        self.changes.append((up, down))

    def trouble(self) -> Code | None:
        return None if self.is_up else Code("nats_unreachable")

    def pour(self) -> None: ...

    def say(self, subject: str, data: bytes, reply: str) -> None:
        if self.is_up:
            self._air.said.append((self, subject, data, reply))

    def fall(self) -> None:
        """Lose the connection."""
        self.is_up = False
        for _, down in self.changes:
            down()

    def rise(self) -> None:
        """Have it back."""
        self.is_up = True
        for up, _ in self.changes:
            up()


class FakeHouse:
    """The agents of a node: what is done with them."""

    def __init__(self) -> None:
        self.offers: list[tuple[Sends, Callable[[Sent | Forwarded], None]]] = []
        self.acked: list[tuple[Amid, Acked]] = []
        self.displaced: list[Amid] = []
        self.debts: dict[Amid, tuple[float, ...]] = {}
        self.arrivals: list[Pending] = []
        self.node: ClusterNode | None = None

    def offered(self, sends: Sends, say: Callable[[Sent | Forwarded], None]) -> None:
        self.offers.append((sends, say))

    def asked(self, asker: Amid, amid: Amid) -> PresenceResponse:
        return PresenceResponse(amid=amid, status="online")

    def told(self, amid: Amid, frame: Acked) -> None:
        self.acked.append((amid, frame))

    def arrived(self, amid: Amid, about: Pending) -> None:
        self.arrivals.append(about)

    def displace(self, amid: Amid) -> None:
        self.displaced.append(amid)
        assert self.node is not None
        self.node.leave(amid, self.owed(amid))

    def owed(self, amid: Amid) -> tuple[float, ...]:
        return self.debts.get(amid, ())

    def owe(self, amid: Amid, owed: tuple[float, ...]) -> None:
        self.debts[amid] = owed


class Node:
    """One node, its link, and its house."""

    def __init__(self, air: Air, name: str, clock: FakeClock, origin: str = ORIGIN) -> None:
        self.link = FakeLink(air, name)
        self.house = FakeHouse()
        self.node = ClusterNode(self.link, origin, clock)  # type: ignore[arg-type] # it is like one
        self.node.serve(self.house)
        self.house.node = self.node


async def second(air: Air, clock: FakeClock, *nodes: Node) -> None:
    """Let a second pass."""
    clock.advance(1)
    for node in nodes:
        node.node.look()
    await air.carry()


def nothing() -> None:
    """Do nothing."""
