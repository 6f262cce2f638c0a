"""One agent on openclaw-p2p, as its README shows it: `python THIS RELAY_URL FOLDER [PEER PEER]`.

Without PEERs it answers, prints its id and stays until it is stopped; with them it runs the plan,
and prints what it found as JSON. Owners approve at once. Nothing else is set: deflate is on.
"""

import asyncio
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from p2p import A2AConfig, A2ANode, MessageType, PeerIdentity, PeerRecord, PeerStore

# The plan is one file of the standard library only; this interpreter is not AgentMesh's.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import plan


class Store(PeerStore):
    """The published store, which also tells when a peer's handshake is finished."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.active: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def save(self, record: PeerRecord) -> None:
        """Keep the record."""
        super().save(record)
        if record.trust_level > 0:
            self.active[record.peer_id].set()


class Agent:
    """A node with a fresh identity, whose owner approves everybody at once."""

    def __init__(self, relay: str, folder: Path) -> None:
        self.store = Store(folder / "peers.json")
        self.arrived: asyncio.Queue[str] = asyncio.Queue()
        config = A2AConfig(listen_host="127.0.0.1", listen_port=0, relay_addresses=[relay])
        identity = PeerIdentity.generate()
        self.node = A2ANode(identity, self.store, config, agent_name=folder.name)
        self.node.on_message(self._keep)
        self.node.on_approval_needed(self._approve)

    async def _keep(self, envelope: Any) -> None:
        self.arrived.put_nowait(envelope.payload["text"])

    async def _approve(self, peer: str, _hello: dict[str, Any]) -> None:
        await self.node.approve_handshake(peer, trust_level=2)

    async def send(self, peer: str, text: str) -> None:
        """Send a text; returns when it was written to the relay."""
        await self.node.send(peer, MessageType.TEXT, {"text": text})

    async def receive(self) -> str:
        """Return the next text."""
        return await asyncio.wait_for(self.arrived.get(), plan.SEND_TIMEOUT)


async def answer(relay: str, folder: Path) -> None:
    """Answer whatever comes, in this turn of the loop."""
    agent = Agent(relay, folder)
    answering = plan.Answering()

    async def reply(envelope: Any) -> None:
        text = answering.answer(envelope.payload["text"])
        if text is not None:
            await agent.send(envelope.sender_id, text)

    agent.node.on_message(reply)
    await agent.node.start()
    print(agent.node.peer_id, flush=True)
    await asyncio.Event().wait()


async def meet(agent: Agent, peer: str) -> tuple[float, float]:
    """Return a first contact's bare handshake, and the time until its first message arrived."""
    started = time.monotonic_ns()
    if not await agent.node.connect_to_peer(peer):
        raise RuntimeError("the peer could not be reached")
    await asyncio.wait_for(agent.store.active[peer].wait(), plan.SEND_TIMEOUT)
    handshake = (time.monotonic_ns() - started) / 1e6
    arrival = await plan.first_message(started, lambda text: agent.send(peer, text), agent.receive)
    return handshake, arrival


async def ask(relay: str, folder: Path, peers: Sequence[str]) -> None:
    """Run the plan against the peers."""
    agents = [Agent(relay, folder / str(number)) for number in range(plan.CONTACTS)]
    for each in agents:
        await each.node.start()
    cold, met = await plan.first_contacts(
        lambda sender, answerer: meet(agents[sender], peers[answerer])
    )
    agent, peer = agents[-1], peers[-1]

    async def send(text: str) -> None:
        await agent.send(peer, text)

    async def send_all(texts: Sequence[str]) -> None:
        for text in texts:
            await send(text)

    pings = await plan.round_trips(send, agent.receive)
    rate = await plan.flood(send_all, agent.receive)
    handshake = statistics.median(bare for bare, _ in met)
    found = plan.figures((cold[1], [arrival for _, arrival in met]), pings, rate)
    bare = {"handshake_ms": handshake, "handshake_cold_ms": cold[0]}
    print(json.dumps(bare | found), flush=True)


if __name__ == "__main__":
    url, home, *peers = sys.argv[1:]
    asyncio.run(ask(url, Path(home), peers) if peers else answer(url, Path(home)))
