"""Who is at which other node, as far as the nodes have told.

It may be wrong for a moment: a letter that goes to the wrong node ends in the mailbox, and finds
its way from there.
"""

from agentmesh.protocol.ids import Amid
from agentmesh_relay.cluster.words import NodeId

SILENT_SECONDS = 5.0
"""A node that says nothing for so long is taken for dead. Each says something every second."""

ASK_AGAIN_SECONDS = 2.0
NEVER = float("-inf")
MAX_NODES = 64
"""More are not listened to."""


class Node:
    """Another node. `news` is the number of its last post to all that we know the contents of."""

    __slots__ = ("asked_at", "heard_at", "is_known", "news")

    def __init__(self) -> None:
        self.news = 0
        self.is_known = False
        self.heard_at = 0.0
        self.asked_at = NEVER


class Directory:
    """Agents of other nodes."""

    def __init__(self) -> None:
        self._nodes: dict[NodeId, Node] = {}
        self._places: dict[Amid, tuple[NodeId, int]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def nodes(self) -> list[NodeId]:
        """Return who is alive beside us."""
        return list(self._nodes)

    def where(self, amid: Amid) -> NodeId | None:
        """Return the node that has this agent."""
        place = self._places.get(amid)
        return place[0] if place is not None else None

    def stamp(self, amid: Amid) -> int:
        """Return the stamp with which an agent came to where it is, or 0."""
        place = self._places.get(amid)
        return place[1] if place is not None else 0

    def must_ask(self, node: NodeId, news: int, now: float, *, says_something: bool) -> bool:
        """Know that a node is alive; return whether it has to be asked for everybody it has."""
        known = self._nodes.setdefault(node, Node())
        known.heard_at = now
        if news != known.news + says_something:
            known.is_known = False
        known.news = news
        if known.is_known or now - known.asked_at < ASK_AGAIN_SECONDS:
            return False
        known.asked_at = now
        return True

    def is_full(self, node: NodeId) -> bool:
        """Whether there is no place for one more node."""
        return node not in self._nodes and len(self._nodes) >= MAX_NODES

    def enter(self, node: NodeId, amid: Amid, stamp: int) -> None:
        """Know that a node has an agent, unless another one has it since later."""
        self._places[amid] = max(self._places.get(amid, (node, 0)), (node, stamp), key=_by_stamp)

    def leave(self, node: NodeId, amid: Amid) -> None:
        """Know that a node does not have an agent."""
        if self.where(amid) == node:
            del self._places[amid]

    def take(self, amid: Amid) -> None:
        """Know that it is at none of the others."""
        self._places.pop(amid, None)

    def begin(self, node: NodeId) -> None:
        """Know nobody of a node: it is about to tell everybody."""
        for amid in [amid for amid, place in self._places.items() if place[0] == node]:
            del self._places[amid]

    def end(self, node: NodeId, news: int) -> None:
        """Know that it has told everybody."""
        known = self._nodes.get(node)
        if known is not None:
            known.news = news
            known.is_known = True

    def silent(self, now: float) -> list[NodeId]:
        """Return the nodes that say nothing any more."""
        return [
            node for node, known in self._nodes.items() if now - known.heard_at >= SILENT_SECONDS
        ]

    def forget(self, node: NodeId) -> None:
        """Know that a node is no more."""
        self._nodes.pop(node, None)
        self.begin(node)


def _by_stamp(place: tuple[NodeId, int]) -> tuple[int, NodeId]:
    return place[1], place[0]
