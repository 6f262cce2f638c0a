"""What the relay brings: from sealed bytes to an event in the sender's lane.

A frame is acknowledged to the relay once what came of it is saved, or once it is known to be good
for nothing. The sender's daemon learns of nothing but receipts.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from agentmesh.errors import AgentMeshError, RemoteProtocolError, StorageError, TransportError
from agentmesh.node.beside import Beside, Nothing, take_beside
from agentmesh.node.conversations import Conversations
from agentmesh.node.doorway import Doorway
from agentmesh.node.errands import Errands
from agentmesh.node.lanes import Job
from agentmesh.node.seldom import Seldom
from agentmesh.node.sheet import HOUSE_MAIL
from agentmesh.node.turn import Turn
from agentmesh.node.turnstile import Turnstile
from agentmesh.observability.logs import Code, record
from agentmesh.observability.tasks import FINISH_SECONDS, Tasks
from agentmesh.protocol import frames
from agentmesh.protocol.frames import (
    AnyFrame,
    MessageFrame,
    NumberedFrame,
    ReceiptFrame,
    SealedToPrekeys,
    SealedToReplyKey,
    SessionFrame,
    StalePrekey,
)
from agentmesh.protocol.ids import Amid, FrameId, SessionId, is_id
from agentmesh.protocol.relay_frames import Receive
from agentmesh.session.bounds import CANNOT_GO_ON
from agentmesh.session.events import Heard, PrekeyStale, Receipted, Uncached
from agentmesh.session.states import Ended, Knocking, Resting
from agentmesh.storage.interface import Change, Deliver
from agentmesh.transport.interface import Arrival

LOST_PAUSE, MAX_LOST = 60.0, 1000
ROOM_SECONDS = 2.0
"""What could not be saved is tried again after so long: the disk may have room by then."""
MAX_WAITING_FOR_ROOM = 1000
"""At this bound frames are left to the relay, which brings them with the next connection."""

log = logging.getLogger("agentmesh.node")


class Incoming:
    """Frames in, events out. See `transport.interface.Incoming`."""

    def __init__(
        self,
        talks: Conversations,
        doorway: Doorway,
        errands: Errands,
        us: Amid,
        turnstile: Turnstile,
    ) -> None:
        self._talks = talks
        self._doorway = doorway
        self._errands = errands
        self._us = us
        self._turnstile = turnstile
        self._clock = turnstile.clock
        # A stranger's inventions must not keep us and the registry busy.
        self._lost_words = Seldom(self._clock, LOST_PAUSE, MAX_LOST)
        self._tasks = Tasks()
        self._files: Beside = Nothing()
        self._acknowledge: Callable[[Sequence[Arrival]], None] = lambda _: None
        self._tell: Callable[[Amid, AgentMeshError], None] = lambda _, __: None
        self._missed: Callable[[], None] = lambda: None
        self._stopping = asyncio.Event()
        self._waiting_for_room = 0
        self.faults: Counter[str] = Counter()

    def acknowledge_with(self, acknowledge: Callable[[Sequence[Arrival]], None]) -> None:
        """Say who tells the relay what it may forget. Called once, before the start."""
        self._acknowledge = acknowledge

    def tell_faults_to(self, tell: Callable[[Amid, AgentMeshError], None]) -> None:
        """Say who hears of frames in our sessions that nobody can read. Called once, at first."""
        self._tell = tell

    def bring_files_to(self, files: Beside) -> None:
        """Say who takes what comes beside the sessions. Called once, before the start."""
        self._files = files

    async def __aenter__(self) -> Self:
        await self._tasks.begin()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._stopping.set()
        await self._tasks.end(FINISH_SECONDS)

    def arrived(self, arrivals: Sequence[Arrival]) -> None:
        """Take frames; acknowledge them once what came of them is saved, or written."""
        bulk = [it for it in arrivals if it.frame.message_type == "bulk"]
        rest = [it for it in arrivals if it.frame.message_type != "bulk"] if bulk else arrivals
        if bulk:  # neither waits for the other's disk
            self._tasks.start(self._receive_beside(bulk))
        if rest:
            self._tasks.start(self._receive(rest))

    def acked(self, frame_ids: Sequence[FrameId]) -> None:
        """Ignore what only the relay says: the peer's own word is what counts."""

    def tell_when_missed(self, tell: Callable[[], None]) -> None:
        """Say who hears that our relay may have called us gone. Called once, before the start."""
        self._missed = tell

    def connected(self, relay: str, *, is_missed: bool) -> None:
        """There is a way: offer what is unconfirmed, and say again what we have."""
        record(log, logging.INFO, "relay.connected", relay=Code(relay))
        self._errands.retry_frames()
        self._errands.retry_lookups()
        self._files.nudge()
        self._tasks.start(self._talks.remind())
        if is_missed:
            self._missed()

    def reached(self, origin: str) -> None:
        """There is a way to those who are at another relay."""
        self._errands.relay_is_there(origin)

    async def _receive(self, arrivals: Sequence[Arrival]) -> None:
        if len(arrivals) == 1:
            done = [await self._take(arrivals[0].frame)]
        else:
            done = await asyncio.gather(*(self._take(arrival.frame) for arrival in arrivals))
        self._acknowledge([a for a, is_done in zip(arrivals, done, strict=True) if is_done])

    async def _receive_beside(self, arrivals: Sequence[Arrival]) -> None:
        """Take pieces of files. One that there is no room for is sent again by its sender."""
        begun = [(it.frame.sender, await self._begin(it.frame)) for it in arrivals]
        for sender, kept in begun:
            if kept is not None:
                with self._dropping(sender):
                    await kept
        self._acknowledge(arrivals)

    async def _begin(self, receive: Receive) -> asyncio.Future[None] | None:
        """Take a piece of a file; return what there is to wait for."""
        with self._dropping(receive.sender):
            self._refuse_own(receive)
            kept = take_beside(self._files, receive.sender, receive.encrypted_payload)
            if isinstance(kept, asyncio.Future):
                return kept
            await kept
        return None

    @contextmanager
    def _dropping(self, sender: Amid) -> Iterator[None]:
        """Forget a piece of a file with which something is wrong."""
        try:
            yield
        except (StorageError, TransportError) as error:
            record(log, logging.INFO, "chunk.not_kept", peer=sender, code=Code(error.code))
        except AgentMeshError as error:
            self._drop(sender, error)

    def _drop(self, sender: Amid, error: AgentMeshError) -> None:
        self.faults[error.code] += 1
        record(log, logging.INFO, "frame.dropped", peer=sender, code=Code(error.code))

    def _refuse_own(self, receive: Receive) -> None:
        if receive.sender == self._us:
            raise RemoteProtocolError("frame_from_ourselves")

    async def _take(self, receive: Receive) -> bool:
        """Take a frame; return whether the relay may forget it."""
        while True:
            try:
                return await self._take_once(receive)
            except StorageError:
                if not await self._wait_for_room():
                    return False

    async def _wait_for_room(self) -> bool:
        """Wait a moment; return whether to try again then."""
        if self._waiting_for_room >= MAX_WAITING_FOR_ROOM:
            return False
        self._waiting_for_room += 1
        try:
            async with asyncio.timeout(ROOM_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            return True
        finally:
            self._waiting_for_room -= 1
        return False

    async def _take_once(self, receive: Receive) -> bool:
        try:
            self._refuse_own(receive)
            frame = frames.decode(receive.encrypted_payload)
            # What a receipt changes may be lost: the peer says it again.
            is_receipt = isinstance(frame, ReceiptFrame)
            job = self._job(receive, frame)
            await self._talks.run(receive.sender, job, in_no_hurry=is_receipt)
            self._errands.peer_is_there(receive.sender)
            self._files.nudge(receive.sender)
        except StorageError:
            raise
        except TransportError:
            return False  # the relay keeps it until we can
        except AgentMeshError as error:
            self._drop(receive.sender, error)
        return True

    def _job(self, receive: Receive, frame: AnyFrame) -> Job:
        match receive.message_type, frame:
            case "knock", SealedToPrekeys():
                return self._telling(lambda turn: self._doorway.knock(turn, receive.id, frame))
            case "accept" | "reject", SealedToReplyKey():
                kind = receive.message_type
                return self._telling(lambda turn: self._doorway.answer(turn, kind, frame))
            case "reject", SealedToPrekeys():
                return lambda turn: self._doorway.lost(turn, frame)
            case "reject", StalePrekey(frame_id=frame_id):
                return lambda turn: _stale(turn, frame_id)
            case "message", MessageFrame() | NumberedFrame():
                return lambda turn: self._hear(turn, frame)
            case "receipt", ReceiptFrame():
                return lambda turn: _receipt(turn, frame)
            case _:
                raise RemoteProtocolError("frame_of_other_type")

    async def _hear(self, turn: Turn, frame: SessionFrame) -> None:
        if frame.session_id in turn.talks:
            try:
                self._listen(turn, frame)
            except AgentMeshError as error:
                self._tell(turn.peer, error)
                raise
            if _gave_up(turn, frame.session_id) and self._lost_words.may(frame.session_id):
                self._say_lost(turn, frame.session_id)
            return
        may_see = is_id(frame.session_id) and await self._doorway.strangers.may_see(turn)
        if not may_see or not self._lost_words.may(turn.peer):
            raise RemoteProtocolError("session_unknown")
        self._say_lost(turn, frame.session_id)

    def _listen(self, turn: Turn, frame: SessionFrame) -> None:
        """Hear a frame of a session that we have, unless its peer says too much."""
        talk, before, mail = turn.talks[frame.session_id], len(turn.sheet.changes), _letters(turn)
        if isinstance(talk.state, Resting) and not self._turnstile.may_go_on(turn.peer, talk):
            turn.apply(frame.session_id, Uncached())
        turn.apply(frame.session_id, Heard(frame))
        self._turnstile.count(turn.peer, _messages(turn.sheet.changes[before:]))
        self._turnstile.count_letters(turn.peer, _letters(turn) - mail)

    def _telling(self, meet: Callable[[Turn], Awaitable[SessionId | None]]) -> Job:
        """Return a job that tells the sender if its frame is about a session which is gone."""

        async def job(turn: Turn) -> None:
            gone = await meet(turn)
            if gone is not None and self._lost_words.may(gone):
                self._say_lost(turn, gone)

        return job

    def _say_lost(self, turn: Turn, session_id: SessionId) -> None:
        """Tell a peer that we have not got this session: our store may have been lost."""
        turn.sheet.say_lost(session_id)
        record(log, logging.WARNING, "session.lost", peer=turn.peer)


def _gave_up(turn: Turn, session_id: SessionId) -> bool:
    """Whether we ended a session because nothing in it opens any more: its peer cannot know."""
    state = turn.talks[session_id].state
    is_over = isinstance(state, Ended) and state.reason in CANNOT_GO_ON
    return is_over or session_id in turn.sheet.lost


def _messages(changes: Sequence[Change]) -> int:
    """Return how many messages for the agent are among what is to be kept."""
    return sum(1 for change in changes if isinstance(change, Deliver))


def _letters(turn: Turn) -> int:
    """Return how much mail for us this turn brings so far."""
    return sum(1 for errand in turn.sheet.errands.values() if errand.kind == HOUSE_MAIL)


async def _receipt(turn: Turn, frame: ReceiptFrame) -> None:
    if frame.session_id in turn.talks:
        turn.apply(frame.session_id, Receipted(frame))


async def _stale(turn: Turn, frame_id: str) -> None:
    for session_id, talk in list(turn.talks.items()):
        if isinstance(talk.state, Knocking) and talk.state.frame_id == frame_id:
            turn.apply(session_id, PrekeyStale())
