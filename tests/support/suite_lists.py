"""Nodes whose lists of suites say what a test wants, and what suites their sessions came to."""

from dataclasses import replace

from agentmesh.identity.prekey_making import sign_suites
from agentmesh.session import snapshot
from agentmesh.session.states import Knocking, Open
from tests.support.node import Node


async def offer(node: Node, *suites: str, sequence: int = 2**47) -> None:
    """Let a node speak these suites from now on, and publish that."""
    keys = node.hand.keys
    keys.ring = replace(keys.ring, suites=sign_suites(keys.ring.identity, sequence, suites))
    await node.publisher.prekeys.replenish()


async def spoken(*nodes: Node) -> set[str]:
    """Return the suites of all sessions that are open or asked for, at any of the nodes."""
    found = set()
    for node in nodes:
        for row in await node.store.sessions():
            match snapshot.load(row.state):
                case Open(suite=suite):
                    found.add(suite)
                case Knocking(asked=asked):
                    found.add(asked.suite)
    return found


async def allow(node: Node, peer: Node, suite: str = "") -> None:
    """Let a node's owner permit a weak suite with a peer, as the control call does."""
    await node.peers.describe(peer.amid)
    await node.peers.pins.allow(peer.amid, suite)
