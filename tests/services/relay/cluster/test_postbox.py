import asyncio

from agentmesh_relay.cluster.postbox import ALL, POST_BYTES, POST_WORDS, Postbox
from agentmesh_relay.cluster.words import AnyWord, NodeId, Offer, Post, Who, decode

from tests.support.letters import ALICE, NOW, sends
from tests.support.nodes import ORIGIN, Air, FakeLink

EAST = NodeId("east")


class Said:
    """A postbox, and what it said."""

    def __init__(self) -> None:
        self._air = Air()
        self.box = Postbox(FakeLink(self._air, "us"), ORIGIN)  # type: ignore[arg-type] # is like one

    async def posts(self) -> list[tuple[str, Post]]:
        await asyncio.sleep(0)
        return [(subject, decode(data)) for _, subject, data, _ in self._air.said]


async def test_the_words_of_a_turn_go_together_to_each_node() -> None:
    said = Said()
    said.box.add(EAST, Who())
    said.box.add(ALL, Who())
    said.box.add(EAST, Who())
    assert [(subject, len(post.words)) for subject, post in await said.posts()] == [
        ("agentmesh.node.east", 2),
        ("agentmesh.node.all", 1),
    ]


async def test_no_post_is_larger_than_nats_takes() -> None:
    said = Said()
    large = sends("x", body=bytes(90_000)).sends
    words: list[AnyWord] = [Offer(number, ALICE, NOW, tuple(large)) for number in range(9)]
    for word in [*words, *[Who()] * POST_WORDS]:
        said.box.add(EAST, word)
    posts = [post for _, post in await said.posts()]
    assert [word for post in posts for word in post.words][:9] == words
    sizes = [sum(90_000 for word in post.words if isinstance(word, Offer)) for post in posts]
    assert max(sizes) < POST_BYTES + 98_304
    assert max(len(post.words) for post in posts) <= POST_WORDS


async def test_news_are_counted_and_a_beat_tells_how_many_there_were() -> None:
    said = Said()
    said.box.add(ALL, Who())
    said.box.flush()
    said.box.add(EAST, Who())
    said.box.flush()
    said.box.beat()
    assert [(len(post.words), post.news) for _, post in await said.posts()] == [
        (1, 1),
        (1, 1),
        (0, 1),
    ]
