"""The power fails under a relay: each letter it said it keeps is there, as it was sent."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from agentmesh_relay.mailbox.interface import Letter, Pending, Refusal, Room, Stored
from agentmesh_relay.mailbox.sqlite import SqliteMailbox

from agentmesh.errors import StorageError
from agentmesh.protocol.ids import Amid, FrameId
from tests.support.power_cut import CUTS, ROUNDS, Disk, PoweredConnections

BLOCK = 50  # cuts a test
BOB = Amid("bob")
NOW = 1_800_000_000_000
ROOM = Room(messages=1_000_000, per_sender=1_000_000, bytes=1 << 40)


class Post:
    """What was put into a mailbox, and what became of it."""

    def __init__(self) -> None:
        self.sent: dict[FrameId, Letter] = {}
        self.kept: dict[FrameId, int] = {}
        self.is_refused = False

    def letter(self, random: Random) -> Letter:
        letter = Letter(
            sender=Amid("alice"),
            recipient=BOB,
            id=FrameId(f"letter{len(self.sent)}"),
            message_type="message",
            payload=random.randbytes(random.randrange(9000)),
            sent_at=NOW,
            expires_at=NOW + 1,
        )
        self.sent[letter.id] = letter
        return letter

    def put(self, mailbox: SqliteMailbox, letter: Letter) -> None:
        def done(answer: Stored | Refusal) -> None:
            if isinstance(answer, Stored):
                self.kept[letter.id] = answer.row
            else:
                self.is_refused = True

        mailbox.put(letter, ROOM, done)

    def forget_some(self, mailbox: SqliteMailbox, random: Random) -> None:
        names = [name for name in self.kept if random.random() < 0.1]
        mailbox.remove([self.kept.pop(name) for name in names])


@pytest.mark.parametrize("first", range(0, CUTS, BLOCK))
async def test_what_the_relay_acknowledged_survives(first: int, tmp_path: Path) -> None:
    for seed in range(first, min(first + BLOCK, CUTS), ROUNDS):
        await _live_through_cuts(tmp_path / f"{seed}.sqlite", seed)


async def test_the_harness_sees_what_a_weaker_setting_loses(tmp_path: Path) -> None:
    losses = []
    for seed in range(10):
        try:
            await _live_through_cuts(tmp_path / f"{seed}.sqlite", seed, are_weak=True)
        except AssertionError as loss:
            losses.append(str(loss))
    assert any("acknowledged and lost" in loss for loss in losses)


async def _live_through_cuts(path: Path, seed: int, *, are_weak: bool = False) -> None:
    random = Random(seed)
    post = Post()
    for cut in range(ROUNDS):
        path.touch()
        disk = Disk(random, random.randrange(1, 300))
        await _work_until_cut(path, PoweredConnections(disk, are_weak=are_weak), post, random)
        assert disk.is_cut
        disk.crash()
        await _check(path, post, f"seed {seed}, cut {cut}")


async def _work_until_cut(
    path: Path, connections: PoweredConnections, post: Post, random: Random
) -> None:
    post.is_refused = False
    try:
        mailbox = SqliteMailbox(path, connect=connections)
    except StorageError:
        return
    mailbox.open(BOB, NOW, lambda _: None)
    while not post.is_refused:
        for _ in range(random.randrange(1, 8)):
            post.put(mailbox, post.letter(random))
        post.forget_some(mailbox, random)
        await _answered(mailbox)
    mailbox.close()
    await asyncio.sleep(0)


async def _answered(mailbox: SqliteMailbox) -> list[Pending]:
    """Return what waits, once all that was asked before has been done."""
    answer: asyncio.Future[list[Pending]] = asyncio.get_running_loop().create_future()
    mailbox.open(BOB, NOW, answer.set_result)
    return await asyncio.wait_for(answer, 30)


async def _check(path: Path, post: Post, when: str) -> None:
    mailbox = SqliteMailbox(path)
    pending = await _answered(mailbox)
    rows = {letter.id: letter.row for letter in pending}
    assert len(rows) == len(pending), f"twice: {when}"
    lost = post.kept.items() - rows.items()
    assert not lost, f"acknowledged and lost: {when}: {lost}"
    for start in range(0, len(pending), 500):
        answer: asyncio.Future[dict[int, Letter]] = asyncio.get_running_loop().create_future()
        mailbox.fetch([letter.row for letter in pending[start : start + 500]], answer.set_result)
        for letter in (await asyncio.wait_for(answer, 30)).values():
            sent = post.sent[letter.id]
            assert (letter.sender, letter.payload) == (sent.sender, sent.payload), when
    mailbox.close()
    post.kept = rows  # what was not acknowledged, and yet kept, may stay so
