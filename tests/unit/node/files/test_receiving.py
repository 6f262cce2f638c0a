"""One file on its way in, with a disk that may be full."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agentmesh.crypto.file_cipher import FileCipher
from agentmesh.crypto.secret import Secret
from agentmesh.errors import RemoteProtocolError, StorageError
from agentmesh.files.ack import Ack, decode_ack
from agentmesh.files.plan import Plan
from agentmesh.node.files.receiving import MAX_WAITING, Receiving
from agentmesh.protocol import file_frames
from agentmesh.protocol.file_frames import FileAck, FileChunk
from agentmesh.protocol.ids import Amid, FileId
from agentmesh.protocol.limits import FILE_CHUNK_BYTES
from agentmesh.storage.part_file import Leaves, PartFile
from tests.support.patience import PATIENCE, until
from tests.support.world import FakeClock

PLAN = Plan(2 * FILE_CHUNK_BYTES + 3)
PEER, FILE = Amid("peer"), FileId("01890000-0000-7000-8000-000000000001")
CIPHER = FileCipher.of(Secret(bytes(32)), FILE, bytes(32), PLAN.count)


def chunk(index: int) -> FileChunk:
    frame = file_frames.decode(CIPHER.seal_chunk(index, bytes(PLAN.length(index)), os.urandom))
    assert isinstance(frame, FileChunk)
    return frame


class Carrier:
    """Notes what is said."""

    def __init__(self) -> None:
        self.said: list[Ack] = []

    async def offer(self, _peer: Amid, payload: bytes) -> None:
        frame = file_frames.decode(payload)
        assert isinstance(frame, FileAck)
        self.said.append(decode_ack(CIPHER.open_ack(frame), PLAN.count))


class SmallDisk(PartFile):
    """A part file whose disk is full while `is_full`, and slow until it `may_write`."""

    is_full = False

    def __init__(self, folder: Path, name: str, plan: Plan) -> None:
        super().__init__(folder, name, plan)
        self.may_write, self.is_writing = threading.Event(), threading.Event()
        self.may_write.set()

    def write(self, index: int, chunk: bytes) -> None:
        self.is_writing.set()
        assert self.may_write.wait(PATIENCE)
        if self.is_full:
            raise StorageError("disk_full")
        super().write(index, chunk)

    def make_safe(self, leaves: Leaves) -> None:
        if self.is_full:
            raise StorageError("disk_full")
        super().make_safe(leaves)


class Flow:
    def __init__(self, folder: Path) -> None:
        self.carrier, self.clock = Carrier(), FakeClock()
        self.part = SmallDisk(folder, "f", PLAN)
        self.receiving = Receiving(PEER, self.part, CIPHER, self.carrier, self.clock)  # type: ignore[arg-type]


@asynccontextmanager
async def flow(folder: Path) -> AsyncIterator[tuple[Flow, "asyncio.Future[None]"]]:
    it = Flow(folder)
    running = asyncio.ensure_future(it.receiving.run(7, PLAN.size, os.urandom))
    try:
        yield it, running
    finally:
        running.cancel()
        await asyncio.wait([running])
        it.part.close()


async def test_it_ends_when_everything_is_safe_and_says_so_on_the_way(tmp_path: Path) -> None:
    async with flow(tmp_path) as (it, running):
        await until(lambda: it.carrier.said)
        assert it.carrier.said[0] == Ack(7, 1, "", ())
        await it.receiving.take(chunk(2))
        assert it.receiving.done == 3
        await it.receiving.take(chunk(2))
        await until(lambda: it.carrier.said[-1].runs == ((2, 3),))
        await it.receiving.take(chunk(0))
        await it.receiving.take(chunk(1))
        await running
        assert it.part.unsafe == 0
        assert len(it.part.there) == PLAN.count


async def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    async with flow(tmp_path) as (it, running):
        await it.receiving.take(chunk(0))
        it.part.is_full = True
        with pytest.raises(StorageError):
            await it.receiving.take(chunk(1))
        await until(lambda: it.carrier.said[-1].mood == "disk_full")
        assert it.receiving.reason == "disk_full"
        it.part.is_full = False
        await it.receiving.take(chunk(1))
        await until(
            lambda: it.carrier.said[-1] == Ack(7, it.carrier.said[-1].serial, "", ((0, 2),))
        )
        await it.receiving.take(chunk(2))
        await running


async def test_what_waits_for_the_disk_is_bounded(tmp_path: Path) -> None:
    it = Flow(tmp_path)
    waiting = [it.receiving.take(chunk(0)) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(RemoteProtocolError, match="chunk_too_many"):
        await it.receiving.take(chunk(0))
    for each in waiting:
        each.cancel()
    it.part.close()


async def test_nobody_waits_for_a_transfer_that_was_stopped(tmp_path: Path) -> None:
    async with flow(tmp_path) as (it, running):
        it.part.may_write.clear()
        written = it.receiving.take(chunk(0))
        await asyncio.to_thread(it.part.is_writing.wait)
        waiting = it.receiving.take(chunk(1))
        running.cancel()
        it.part.may_write.set()
        await asyncio.wait([running])
        it.receiving.end()
        await asyncio.gather(written, waiting)


async def test_it_says_what_it_has_when_asked(tmp_path: Path) -> None:
    async with flow(tmp_path) as (it, _):
        await until(lambda: len(it.carrier.said) == 1)
        it.receiving.say()
        await until(lambda: len(it.carrier.said) == 2)
        assert it.carrier.said[0].serial < it.carrier.said[1].serial
