"""One file on its way out: reads, seals and offers chunks until the peer says that it has all.

The disk and the cipher work in a thread. What is in memory is bounded by the window of each file,
and by the slots which all files share.
"""

import asyncio
from contextlib import suppress

from agentmesh.crypto.file_cipher import FileCipher
from agentmesh.files.ack import decode_ack
from agentmesh.files.flight import Flight
from agentmesh.files.plan import Plan
from agentmesh.files.speed import Speed
from agentmesh.node.files.carrier import Carrier, Wait
from agentmesh.node.files.work import in_thread
from agentmesh.protocol.file_frames import FileAck
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Clock, Entropy
from agentmesh.storage.source_file import SourceFile

AT_ONCE = 12
"""So many chunks are read and sealed in one go."""
SILENCE_SECONDS = 5.0
"""When nothing was heard for so long, what is on its way is sent again."""
LONGEST_SECONDS = 30.0
FULL_DISK_SECONDS = 3.0


class Sending:
    """Runs until it is cancelled: the peer's `file_done` ends it, or its owner."""

    def __init__(
        self, peer: Amid, source: SourceFile, cipher: FileCipher, carrier: Carrier, clock: Clock
    ) -> None:
        self._peer = peer
        self._source = source
        self._cipher = cipher
        self._carrier = carrier
        self._clock = clock
        self._plan = Plan(source.mark.size)
        self._flight = Flight(cipher.count)
        self._news = asyncio.Event()
        self._paused_until = 0.0
        self._heard_at = clock.monotonic()
        self._silences = 0
        self.speed = Speed()
        self.reason = ""

    @property
    def done(self) -> int:
        """How many bytes the peer has."""
        last = self._plan.count - 1
        return self._plan.bytes_in(len(self._flight.there), with_last=last in self._flight.there)

    async def run(self, slots: asyncio.Semaphore, entropy: Entropy) -> None:
        """Send; raises `IntegrityError` if the file is not what it was."""
        async with asyncio.TaskGroup() as offers:
            while True:
                self._news.clear()
                wait = self._wait()
                room = 0 if wait else await _reserve(slots)
                indices = self._flight.take(room, self._clock.monotonic())
                _release(slots, room - len(indices))
                if not indices:
                    await self._rest(wait)
                    continue
                if self._flight.flying == len(indices):
                    self._heard_at = max(self._heard_at, self._clock.monotonic())
                try:
                    frames = await in_thread(self._seal, indices, entropy)
                except BaseException:
                    _release(slots, len(indices))
                    raise
                for index, frame in zip(indices, frames, strict=True):
                    offers.create_task(self._offer(index, frame, slots))

    def hear(self, frame: FileAck) -> None:
        """Take the peer's word on what it has, or raise what is wrong with it."""
        ack = decode_ack(self._cipher.open_ack(frame), self._cipher.count)
        now = self._clock.monotonic()
        if not self._flight.hear(ack, now):
            return
        self._heard_at, self._silences, self._paused_until = now, 0, 0.0
        self.reason = ""
        self.speed.mark(self.done, now)
        if ack.mood == "disk_full":
            self._flight.ground()
            self._pause(Wait(FULL_DISK_SECONDS, "peer_disk_full"))
        self._news.set()

    def nudge(self) -> None:
        """Try again at once: there is a way again, or the peer has shown itself."""
        if self.reason not in {"rate_limited", "peer_disk_full"}:
            self._paused_until = 0.0
            self._news.set()

    # --- inside --------------------------------------------------------------------------------

    def _seal(self, indices: list[int], entropy: Entropy) -> list[bytes]:
        return [self._cipher.seal_chunk(it, self._source.read(it), entropy) for it in indices]

    async def _offer(self, index: int, frame: bytes, slots: asyncio.Semaphore) -> None:
        try:
            wait = await self._carrier.offer(self._peer, frame)
        finally:
            slots.release()
        if wait is not None:
            self._flight.bounced(index)
            self._pause(wait)
        self._news.set()

    def _pause(self, wait: Wait) -> None:
        now = self._clock.monotonic()
        self.reason = "" if wait.reason == "relay_full" else wait.reason
        self._paused_until = max(self._paused_until, now + wait.seconds)
        self._heard_at = max(self._heard_at, self._paused_until)
        if wait.reason == "relay_full":
            self._flight.pace.lost(now)
        else:
            self._flight.pace.stopped()

    def _wait(self) -> float:
        """Return for how long nothing may be sent; take back what nothing was heard of."""
        now = self._clock.monotonic()
        quiet = SILENCE_SECONDS * 2.0**self._silences
        if self._flight.flying and now - self._heard_at > min(quiet, LONGEST_SECONDS):
            self._flight.ground()
            self._silences += 1
            self._heard_at = now
            self.reason = "no_answer"
        return max(0.0, self._paused_until - now)

    async def _rest(self, wait: float) -> None:
        seconds = wait or (SILENCE_SECONDS if self._flight.flying else LONGEST_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()


async def _reserve(slots: asyncio.Semaphore) -> int:
    """Wait for a slot; return how many there were, `AT_ONCE` at most.

    Nobody waits while holding some: files that do so together would wait for ever.
    """
    await slots.acquire()
    count = 1
    while count < AT_ONCE and not slots.locked():
        await slots.acquire()
        count += 1
    return count


def _release(slots: asyncio.Semaphore, count: int) -> None:
    for _ in range(count):
        slots.release()
