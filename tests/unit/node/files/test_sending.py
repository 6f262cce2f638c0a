"""One file on its way out, with a carrier and a clock that do what the test says."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from agentmesh.crypto.file_cipher import FileCipher
from agentmesh.crypto.secret import Secret
from agentmesh.files.ack import Ack, encode_ack
from agentmesh.node.files.carrier import Wait
from agentmesh.node.files.sending import SILENCE_SECONDS, Sending
from agentmesh.protocol import file_frames
from agentmesh.protocol.file_frames import FileAck, FileChunk
from agentmesh.protocol.ids import Amid, FileId
from agentmesh.protocol.limits import FILE_CHUNK_BYTES
from agentmesh.storage.source_file import SourceFile
from tests.support.patience import until
from tests.support.world import FakeClock

COUNT = 40
PEER, FILE = Amid("peer"), FileId("01890000-0000-7000-8000-000000000001")


class Carrier:
    """Notes what leaves; `waits` are given in answer, one by one."""

    def __init__(self) -> None:
        self.left: list[int] = []
        self.waits: list[Wait] = []

    async def offer(self, _peer: Amid, payload: bytes) -> Wait | None:
        frame = file_frames.decode(payload)
        assert isinstance(frame, FileChunk)
        if self.waits:
            return self.waits.pop(0)
        self.left.append(frame.index)
        return None


class Flow:
    """A transfer that runs, and its receiver's words."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(COUNT * FILE_CHUNK_BYTES - 5))
        self.carrier, self.clock = Carrier(), FakeClock()
        self.source = SourceFile.open(path, path.parent / "home")
        self.cipher = FileCipher.of(Secret(bytes(32)), FILE, bytes(32), COUNT)
        self.sending = Sending(PEER, self.source, self.cipher, self.carrier, self.clock)  # type: ignore[arg-type]
        self.slots = asyncio.Semaphore(6)
        self.serial = 0

    def hear(self, *runs: tuple[int, int], mood: str = "") -> None:
        self.serial += 1
        said = encode_ack(Ack(1, self.serial, mood, runs))
        frame = file_frames.decode(self.cipher.seal_ack(said, os.urandom))
        assert isinstance(frame, FileAck)
        self.sending.hear(frame)

    async def leaves(self, *indices: int) -> None:
        await until(lambda: self.carrier.left == list(indices))


@asynccontextmanager
async def flow(tmp_path: Path) -> AsyncIterator[Flow]:
    it = Flow(tmp_path / "source")
    running = asyncio.ensure_future(it.sending.run(it.slots, os.urandom))
    try:
        yield it
    finally:
        running.cancel()
        await asyncio.wait([running])
        it.source.close()


async def test_a_window_leaves_and_more_as_it_is_confirmed(tmp_path: Path) -> None:
    async with flow(tmp_path) as it:
        await it.leaves(0, 1, 2, 3)
        it.clock.advance(0.01)
        it.hear((0, 4))
        await it.leaves(*range(8))
        assert it.sending.done == 4 * FILE_CHUNK_BYTES
        it.clock.advance(0.01)
        it.hear((0, 8))
        await it.leaves(*range(16))
        it.hear((0, COUNT))
        assert it.sending.done == it.source.mark.size


async def test_many_files_that_share_few_slots_all_go_on(tmp_path: Path) -> None:
    flows = [Flow(tmp_path / f"source{number}") for number in range(5)]
    slots = asyncio.Semaphore(7)
    running = [asyncio.ensure_future(it.sending.run(slots, os.urandom)) for it in flows]
    for end in (4, 8, 16):
        for it in flows:
            await until(lambda it=it, end=end: len(it.carrier.left) >= end)  # type: ignore[misc]
            it.clock.advance(0.01)
            it.hear((0, end))
    for task, it in zip(running, flows, strict=True):
        task.cancel()
        await asyncio.wait([task])
        it.source.close()
    assert not slots.locked()


async def test_after_a_silence_one_chunk_asks_whether_somebody_is_there(tmp_path: Path) -> None:
    async with flow(tmp_path) as it:
        await it.leaves(0, 1, 2, 3)
        it.clock.advance(SILENCE_SECONDS + 1)
        it.sending.nudge()
        await it.leaves(0, 1, 2, 3, 0)
        assert it.sending.reason == "no_answer"
        it.hear((0, 1))
        assert it.sending.reason == ""


async def test_what_the_relay_refuses_leaves_again_after_its_time(tmp_path: Path) -> None:
    async with flow(tmp_path) as it:
        await it.leaves(0, 1, 2, 3)
        it.carrier.waits = [Wait(30, "rate_limited", is_over_soon=True)]
        it.hear((0, 4))
        await until(lambda: it.sending.reason == "rate_limited")
        sent = len(it.carrier.left)
        it.sending.nudge()
        await asyncio.sleep(0.05)
        assert len(it.carrier.left) == sent
        it.clock.advance(31)
        it.hear((0, 4), (5, 8))
        await until(lambda: 4 in it.carrier.left)


async def test_a_peer_that_shows_itself_is_sent_to_at_once(tmp_path: Path) -> None:
    async with flow(tmp_path) as it:
        it.carrier.waits = [Wait(30, "peer_away")] * 4
        await until(lambda: it.sending.reason == "peer_away")
        it.sending.nudge()
        await until(lambda: 0 in it.carrier.left)


async def test_a_full_disk_over_there_is_waited_for(tmp_path: Path) -> None:
    async with flow(tmp_path) as it:
        await it.leaves(0, 1, 2, 3)
        it.hear(mood="disk_full")
        assert it.sending.reason == "peer_disk_full"
        it.sending.nudge()
        await asyncio.sleep(0.05)
        assert it.carrier.left == [0, 1, 2, 3]
        it.clock.advance(4)
        it.sending._news.set()
        await it.leaves(0, 1, 2, 3, 0)


async def test_a_file_that_changes_under_way_ends_it(tmp_path: Path) -> None:
    async with flow(tmp_path) as it:
        await it.leaves(0, 1, 2, 3)
        os.utime(tmp_path / "source", ns=(1, 1))
        it.hear((0, 4))
        await until(lambda: it.slots._value == 6)
        assert max(it.carrier.left) == 3
