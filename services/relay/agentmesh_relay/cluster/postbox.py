"""What waits to be said to other nodes: one post to each at the end of a turn of the loop."""

import asyncio

from agentmesh_relay.cluster.link import Link
from agentmesh_relay.cluster.words import AnyWord, NodeId, Offer, Post, encode

SUBJECT = "agentmesh.node"
ABSENT = "agentmesh.absent"
"""There NATS says at once that nobody listens any more where a post went to."""

ALL = NodeId("all")
POST_BYTES = 256 * 1024
"""A post ends with the letter that passes this; NATS takes four times as much at once."""

POST_WORDS = 2000


class Postbox:
    """Collects words, and says them in order."""

    def __init__(self, link: Link, origin: str) -> None:
        self._link = link
        self._origin = origin
        self._name = NodeId(link.name)
        self._waiting: dict[NodeId, list[AnyWord]] = {}
        self.news = 0
        """How many posts to all have said something."""

    def add(self, node: NodeId, word: AnyWord) -> None:
        """Say this to a node, or to all."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.flush)
        self._waiting.setdefault(node, []).append(word)

    def flush(self) -> None:
        """Say it now."""
        waiting, self._waiting = self._waiting, {}
        for node, words in waiting.items():
            for some in _parts(words):
                self.news += node == ALL
                self._say(node, some)
        self._link.pour()

    def beat(self) -> None:
        """Tell all that we are there, and up to where we have told them the news."""
        self._say(ALL, [])

    def _say(self, node: NodeId, words: list[AnyWord]) -> None:
        post = Post(self._name, self._origin, self.news, words)
        self._link.say(f"{SUBJECT}.{node}", encode(post), reply=f"{ABSENT}.{self._name}.{node}")


def _parts(words: list[AnyWord]) -> list[list[AnyWord]]:
    parts: list[list[AnyWord]] = [[]]
    size = 0
    for word in words:
        if size >= POST_BYTES or len(parts[-1]) >= POST_WORDS:
            parts.append([])
            size = 0
        parts[-1].append(word)
        if isinstance(word, Offer):
            size += sum(len(send.encrypted_payload) for send in word.sends)
    return parts
