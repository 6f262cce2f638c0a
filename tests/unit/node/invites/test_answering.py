"""Answers to joiners do not wait for each other."""

import asyncio
from typing import cast

from agentmesh.errors import TransportError
from agentmesh.node.invites.answering import MAX_UNDER_WAY, Answering
from agentmesh.node.invites.letters import Letters
from agentmesh.protocol.frames import Letter, ReplyKey
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.signed import Signed

KEY = ReplyKey("r", bytes(32), bytes(1184))
PEER, SLOW = Amid("peer"), Amid("slow")


def letter(number: int) -> Letter:
    return Letter("join_end", Signed(bytes([number]), b"", b""))


class Post:
    """Brings letters at once, but those of slow peers never."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun: list[tuple[Amid, Letter]] = []
        self.brought: list[tuple[Amid, Letter]] = []
        self.error = error

    async def to_joiner(self, peer: Amid, letter: Letter, reply_key: ReplyKey) -> None:
        assert reply_key == KEY
        self.begun.append((peer, letter))
        if self.error is not None:
            raise self.error
        if peer.startswith("slow"):
            await asyncio.Event().wait()
        self.brought.append((peer, letter))


def answering(post: Post) -> Answering:
    return Answering(cast("Letters", post))


async def rest() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_joiner_with_a_slow_relay_keeps_nobody_waiting() -> None:
    post = Post()
    async with answering(post) as answers:
        answers.send(SLOW, letter(1), KEY)
        answers.send(PEER, letter(2), KEY)
        await rest()
    assert post.brought == [(PEER, letter(2))]


async def test_the_same_answer_is_not_begun_again_while_it_is_on_its_way() -> None:
    post = Post()
    async with answering(post) as answers:
        for number in (1, 1, 2):
            answers.send(SLOW, letter(number), KEY)
            await rest()
        for _ in range(2):
            answers.send(PEER, letter(3), KEY)
            await rest()
    assert post.begun == [(SLOW, letter(1)), (SLOW, letter(2))] + 2 * [(PEER, letter(3))]


async def test_answers_under_way_are_bounded_and_the_newest_goes_out() -> None:
    post = Post()
    async with answering(post) as answers:
        for number in range(MAX_UNDER_WAY + 10):
            answers.send(Amid(f"slow {number}"), letter(1), KEY)
            await rest()
        assert len(answers._under_way) == MAX_UNDER_WAY
        answers.send(PEER, letter(1), KEY)
        await rest()
    assert post.brought == [(PEER, letter(1))]


async def test_an_answer_that_cannot_be_sent_ends_nothing() -> None:
    for error in (TransportError("relay_unreachable"), ValueError("a bug")):
        post = Post(error)
        async with answering(post) as answers:
            answers.send(PEER, letter(1), KEY)
            await rest()
            answers.send(PEER, letter(1), KEY)
            await rest()
        assert len(post.begun) == 2
