"""One file on its way in: opens, writes and confirms chunks until all of it is there.

The disk, the hash and the cipher work in a thread. What waits for it is bounded; a chunk beyond
the bound is dropped, and its sender sends it again.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from agentmesh.crypto.file_cipher import FileCipher
from agentmesh.errors import AgentMeshError, RemoteProtocolError, StorageError
from agentmesh.files.ack import MAX_RUNS, Ack, Mood, encode_ack
from agentmesh.files.plan import Plan
from agentmesh.files.ranges import Ranges
from agentmesh.files.speed import Speed
from agentmesh.node.files.carrier import Carrier
from agentmesh.node.files.work import in_thread
from agentmesh.protocol.file_frames import FileChunk
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Clock, Entropy
from agentmesh.storage.part_file import Leaves, PartFile

MAX_WAITING = 64
SYNC_CHUNKS = 168
SYNC_SECONDS = 1.0
"""What came is made safe after 16 MiB, or after so long."""
QUIET_SECONDS = 15.0
LONGEST_SECONDS = 600.0
"""A sender that is quiet is told what we have, again and again, with growing pauses."""
FULL_SECONDS = 2.0
WORD_SECONDS = 0.01
"""So often at most we speak of what came: a word for each chunk would cost more than the chunk."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    frame: FileChunk
    taken: asyncio.Future[None]


class Receiving:
    """`run` returns when every chunk is written and safe."""

    def __init__(
        self, peer: Amid, part: PartFile, cipher: FileCipher, carrier: Carrier, clock: Clock
    ) -> None:
        self._peer = peer
        self.part = part
        self._cipher = cipher
        self._carrier = carrier
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._news = asyncio.Event()
        self._word_due = asyncio.Event()
        self._serial = 0
        self._run = 0
        self._mood: Mood = ""
        self._synced_at = clock.monotonic()
        self._syncing: asyncio.Task[None] | None = None
        self._quiet = QUIET_SECONDS
        self._there = Ranges(part.there)  # `part` belongs to the thread
        self.speed = Speed()
        self.plan = Plan(0)

    @property
    def done(self) -> int:
        """How many bytes are written."""
        last = self.plan.count - 1
        return self.plan.bytes_in(len(self._there), with_last=last in self._there)

    @property
    def reason(self) -> str:
        """Why nothing comes; empty: no reason that we know."""
        return self._mood

    def take(self, frame: FileChunk) -> asyncio.Future[None]:
        """Take a chunk; the future says when it is written, or what is wrong with it."""
        if len(self._waiting) >= MAX_WAITING:
            raise RemoteProtocolError("chunk_too_many")
        waiting = _Waiting(frame, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._news.set()
        return waiting.taken

    def say(self) -> None:
        """Tell the sender what we have: there is a way, or it may have forgotten."""
        self._word_due.set()

    def end(self) -> None:
        """Let nobody wait any more: called with the last `take` behind us, however `run` went."""
        _let_go(self._waiting)

    async def run(self, run: int, size: int, entropy: Entropy) -> None:
        """Receive, as the `run`-th attempt, a file of this size."""
        self._run, self.plan = run, Plan(size)
        self._word_due.set()
        async with asyncio.TaskGroup() as tasks:
            speaking = tasks.create_task(self._speak(entropy))
            try:
                while not self._is_safe():
                    await self._step(tasks)
            finally:
                speaking.cancel()

    # --- inside --------------------------------------------------------------------------------

    def _is_safe(self) -> bool:
        return (
            len(self._there) >= self.plan.count and not self.part.unsafe and self._syncing is None
        )

    async def _step(self, tasks: asyncio.TaskGroup) -> None:
        """Write what waits, see to it that it becomes safe if it is time; or wait."""
        self._news.clear()
        if self._waiting:
            batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
            try:
                outcomes = await in_thread(self._write, [it.frame for it in batch])
            except BaseException:
                _let_go(batch)
                raise
            for waiting, error in zip(batch, outcomes, strict=True):
                if error is None:
                    self._there.add(waiting.frame.index)
                _answer(waiting.taken, error)
            self._feel(outcomes)
        now = self._clock.monotonic()
        self.speed.mark(self.done, now)
        is_all = len(self._there) >= self.plan.count
        is_time = now - self._synced_at >= SYNC_SECONDS
        is_due = is_all or is_time or self.part.unsafe >= SYNC_CHUNKS
        if self.part.unsafe and is_due and self._syncing is None:
            self._syncing = tasks.create_task(self._sync(self.part.take_unsafe()))
        if not self._waiting:
            await self._rest()

    def _write(self, frames: list[FileChunk]) -> list[AgentMeshError | None]:
        return [self._write_one(frame) for frame in frames]

    def _write_one(self, frame: FileChunk) -> AgentMeshError | None:
        try:
            length = self.plan.length(frame.index)
            if frame.index in self.part.there:
                return None
            data = self._cipher.open_chunk(frame)
            if len(data) != length:
                raise RemoteProtocolError("chunk_wrong_size")
            self.part.write(frame.index, data)
        except AgentMeshError as error:
            return error
        return None

    def _feel(self, outcomes: list[AgentMeshError | None]) -> None:
        """Notice a full disk, or that there is room again; and speak of what came."""
        if any(isinstance(error, StorageError) for error in outcomes):
            self._mood = "disk_full"
            self._word_due.set()
        elif None in outcomes:
            self._mood = ""
            self._quiet = QUIET_SECONDS
            self._word_due.set()

    async def _sync(self, leaves: Leaves) -> None:
        """Make safe what was written, while more is being written."""
        try:
            await in_thread(self.part.make_safe, leaves)
        except StorageError:
            self.part.give_back(leaves)
            self._mood = "disk_full"
            self._word_due.set()
            await asyncio.sleep(FULL_SECONDS)
        self._synced_at = self._clock.monotonic()
        self._syncing = None
        self._news.set()

    async def _rest(self) -> None:
        seconds = SYNC_SECONDS if self.part.unsafe else self._quiet
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            if not self.part.unsafe:
                self._quiet = min(2 * self._quiet, LONGEST_SECONDS)
                self._word_due.set()

    async def _speak(self, entropy: Entropy) -> None:
        """Say what we have whenever that is due: one word at a time, the last says all."""
        while True:
            await self._word_due.wait()
            self._word_due.clear()
            self._serial += 1
            ack = Ack(self._run, self._serial, self._mood, tuple(self._there.runs(MAX_RUNS)))
            await self._carrier.offer(self._peer, self._cipher.seal_ack(encode_ack(ack), entropy))
            await asyncio.sleep(WORD_SECONDS)


def _let_go(waiting: Iterable[_Waiting]) -> None:
    """Let nobody wait for chunks that are of no use any more; those that are, come again."""
    for each in waiting:
        _answer(each.taken, None)


def _answer(taken: asyncio.Future[None], error: AgentMeshError | None) -> None:
    if taken.done():
        return
    if error is None:
        taken.set_result(None)
    else:
        taken.set_exception(error)
