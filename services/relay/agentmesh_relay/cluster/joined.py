"""One node put together: its link to NATS, what it says to the others, the mailbox they share."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from agentmesh.protocol.world import Clock, Entropy
from agentmesh_relay.cluster.link import Link
from agentmesh_relay.cluster.linked import linked
from agentmesh_relay.cluster.node import ClusterNode
from agentmesh_relay.figures import Figures
from agentmesh_relay.mailbox.jetstream import JetStreamMailbox
from agentmesh_relay.neighbours import Kept


@asynccontextmanager
async def joined(
    servers: Sequence[str], origin: str, figures: Figures, clock: Clock, entropy: Entropy
) -> AsyncIterator[Kept]:
    """Join the other nodes; leave them when everything is kept."""
    link = Link(servers, entropy)
    node = ClusterNode(link, origin, clock)
    mailbox = JetStreamMailbox(link, node, clock)
    figures.watch("nodes", "Other nodes that are alive.", lambda: len(node.directory.nodes()))
    figures.watch("elsewhere", "Agents at other nodes.", lambda: len(node.directory))
    async with linked(link):
        try:
            yield Kept(mailbox, node, {"mailbox": mailbox.trouble, "nodes": node.trouble})
        finally:
            await mailbox.close()
            node.part()
