"""A node with its guards, and a peer: an emergency stop cuts a transport that can be cut."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agentmesh.control.stop_flag import StopFlag
from agentmesh.daemon.guards import Guards, Ways, guards
from agentmesh.daemon.parts import running
from agentmesh.discovery.chain import Chain
from agentmesh.node.guard.owner import Telling
from agentmesh.transport.interface import LinkStatus
from agentmesh.transport.switched import SwitchedTransport
from tests.support.fake_registry import Shelf
from tests.support.node import RELAY, Node, node_called, until_quiet
from tests.support.node_pair import Wire, WireEnd, node_at
from tests.support.world import FakeClock


@dataclass
class Hook:
    """Runs nothing; writes down what it was asked, and answers `code`."""

    code: int = 0
    asked: list[tuple[str, ...]] = field(default_factory=list)

    async def __call__(self, argv: object, seconds: float) -> int:
        self.asked.append(tuple(argv))  # type: ignore[arg-type]
        return self.code


@dataclass
class Posts:
    """Posts nothing; writes down what it was asked, and answers `is_taken`."""

    is_taken: bool = True
    hangs: bool = False
    asked: list[tuple[str, bytes]] = field(default_factory=list)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bool:
        assert headers
        self.asked.append((url, body))
        if self.hangs:
            await asyncio.Event().wait()
        return self.is_taken


@dataclass
class Guarded:
    """`us` under its guards, `peer` at the other end of the wire."""

    us: Node
    peer: Node
    wire: Wire
    guards: Guards
    transport: SwitchedTransport
    flag: StopFlag
    hook: Hook
    posts: Posts
    clock: FakeClock

    async def settle(self) -> None:
        """Let happen what can happen now."""
        await until_quiet(self.us, self.peer)

    def sent(self) -> int:
        """Return how many frames of ours have left."""
        return sum(1 for sender, _ in self.wire.carried if sender == self.us.amid)


@asynccontextmanager
async def guarded(folder: Path, store: object = None) -> AsyncIterator[Guarded]:
    """Yield a node whose home is `folder`; with the store of an earlier one, that one."""
    clock, shelf, wire = FakeClock(), Shelf(), Wire()
    (folder / "run").mkdir(parents=True, exist_ok=True)
    ends: list[WireEnd] = []
    nodes: list[Node] = []

    def end() -> WireEnd:
        made = WireEnd(wire)
        made.us = nodes[0].amid
        ends.append(made)
        return made

    transport = SwitchedTransport(
        end,
        lambda: LinkStatus(relay=RELAY, state="offline", since=0),
        lambda: not nodes[0].hand.switches.stopped,
    )
    us = await node_called("alice", clock, shelf, transport, store)
    nodes.append(us)
    wire.nodes[us.amid] = us
    peer = await node_at(wire, "bob", clock, shelf, None)
    flag, hook, posts = StopFlag(folder), Hook(), Posts()
    directory = Chain([us.directory], clock)
    us.runners._directory = us.peers._directory = directory
    ways = Ways(transport=transport, directory=directory, errands=us.errands)
    rooms = guards(us.hand, us.talks, ways, flag, Telling(run=hook, post=posts.post))
    both = Guarded(us, peer, wire, rooms, transport, flag, hook, posts, clock)
    try:
        await peer.start()
        await us.stack.enter_async_context(us.talks)
        async with running([*rooms.parts()]):
            for part in (us.errands, us.incoming):
                await us.stack.enter_async_context(part)
            await transport.switch(is_on=True)
            yield both
            await us.stop()
    finally:
        await transport.switch(is_on=False)
        await us.stop()
        await peer.stop()
