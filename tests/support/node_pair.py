"""Two whole nodes, joined by a wire that does what a test tells it."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from agentmesh.errors import TransportError
from agentmesh.protocol.bounded import Status
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Presence, PresenceResponse, Receive, Send, Sent
from agentmesh.transport.interface import Arrival, LinkStatus
from tests.support.fake_registry import Shelf
from tests.support.node import RELAY, Node, node_called, until_quiet
from tests.support.world import FakeClock

ELSEWHERE = "wss://relay.example/v1/connect"
"""Another relay, at the same wire."""
Rule = Callable[[Send], bool]
Answer = Callable[[Send], Sent | None]


class Wire:
    """Carries frames at once. `loses` swallows frames, `answer` refuses them as a relay would."""

    def __init__(self) -> None:
        self.nodes: dict[Amid, Node] = {}
        self.is_up = True
        self.loses: Rule = lambda _: False
        self.answer: Answer = lambda _: None
        self.carried: list[tuple[Amid, Send]] = []
        self.acknowledged: list[Arrival] = []
        self._deliveries = 0

    def types(self) -> list[str]:
        return [frame.message_type for _, frame in self.carried]

    def bring(self, sender: Amid, *frames: Send) -> None:
        """Bring frames to their recipient at once, once more if they were there before."""
        arrivals = [Arrival(self._received(sender, frame), 1) for frame in frames]
        self.nodes[frames[0].to].incoming.arrived(arrivals)

    def _received(self, sender: Amid, frame: Send) -> Receive:
        self._deliveries += 1
        return Receive(
            delivery=self._deliveries,
            id=frame.id,
            sender=sender,
            message_type=frame.message_type,
            encrypted_payload=frame.encrypted_payload,
            timestamp=0,
        )


class WireEnd:
    """One node's transport. It knows its owner by `us`, set once the node has an AMID."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.us = Amid("")
        self.is_cut = False
        self.shown: list[tuple[Status, Sequence[Amid]]] = []
        self.shown_at = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        pass

    def cut(self) -> None:
        self.is_cut = True

    async def send(self, frame: Send, relay: str | None = None) -> Sent:
        assert relay in {RELAY, ELSEWHERE}
        if not self.wire.is_up or self.is_cut:
            raise TransportError("relay_unreachable")
        refused = self.wire.answer(frame)
        if refused is not None:
            return refused
        self.wire.carried.append((self.us, frame))
        if frame.to in self.wire.nodes and not self.wire.loses(frame):
            self.wire.bring(self.us, frame)
        return Sent(id=frame.id, outcome="forwarded")

    def ack(self, arrivals: Iterable[Arrival]) -> None:
        self.wire.acknowledged += arrivals

    def show(self, presence: Presence) -> None:
        self.shown.append((presence.status, presence.visible_to or ()))
        self.shown_at = presence.shown_at

    async def presence_of(self, amid: Amid, relay: str | None = None) -> PresenceResponse:
        return PresenceResponse(amid=amid, status="online")

    def status(self) -> LinkStatus:
        return LinkStatus(relay=RELAY, state="connected", since=0)


@dataclass
class Pair:
    """Two nodes, `low` with the smaller AMID; a clock and a wire between them."""

    low: Node
    high: Node
    wire: Wire
    shelf: Shelf
    clock: FakeClock

    async def settle(self) -> None:
        """Let happen what can happen now."""
        await until_quiet(self.low, self.high)

    async def later(self, seconds: float) -> None:
        """Move the clock, and let happen what is due by then."""
        self.clock.advance(seconds)
        for node in (self.low, self.high):
            node.errands._start_what_is_due()
        await self.settle()

    async def reconnect(self) -> None:
        """Tell both nodes that the wire is up."""
        self.wire.is_up = True
        for node in (self.low, self.high):
            node.incoming.connected(RELAY, is_missed=False)
        await self.settle()


async def node_at(wire: Wire, name: str, clock: FakeClock, shelf: Shelf, store: object) -> Node:
    """Return a node at the wire, not started yet."""
    end = WireEnd(wire)
    node = await node_called(name, clock, shelf, end, store)
    end.us = node.amid
    wire.nodes[node.amid] = node
    return node


@asynccontextmanager
async def node_pair() -> AsyncIterator[Pair]:
    """Yield two started nodes whose policies let everybody in."""
    clock, shelf, wire = FakeClock(), Shelf(), Wire()
    nodes = [await node_at(wire, name, clock, shelf, None) for name in ("alice", "bob")]
    low, high = sorted(nodes, key=lambda node: node.amid)
    pair = Pair(low, high, wire, shelf, clock)
    try:
        for node in nodes:
            await node.start()
        yield pair
        await pair.settle()
    finally:
        for node in (pair.low, pair.high):
            await node.stop()
