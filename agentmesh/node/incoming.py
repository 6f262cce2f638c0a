"""What the relay brings: from sealed bytes to an event in the sender's lane.

A frame is acknowledged to the relay once what came of it is saved, or once it is known to be good
for nothing. The sender's daemon learns of nothing but receipts.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence

from agentmesh.errors import AgentMeshError, RemoteProtocolError, StorageError, TransportError
from agentmesh.node.conversations import Conversations, Job
from agentmesh.node.doorway import Doorway
from agentmesh.node.turn import Turn
from agentmesh.observability.logs import Code, record
from agentmesh.protocol import frames
from agentmesh.protocol.frames import (
    AnyFrame,
    MessageFrame,
    ReceiptFrame,
    SealedToPrekeys,
    SealedToReplyKey,
    StalePrekey,
)
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.relay_frames import Receive
from agentmesh.session.events import Heard, PrekeyStale, Receipted
from agentmesh.session.states import Knocking
from agentmesh.storage.interface import ErrandRow

LOST_SECONDS = 3600

log = logging.getLogger("agentmesh.node")


class Incoming:
    """Frames in, events out."""

    def __init__(self, talks: Conversations, doorway: Doorway, us: Amid) -> None:
        self._talks = talks
        self._doorway = doorway
        self._us = us
        self.faults: Counter[str] = Counter()

    async def receive(self, batch: Sequence[Receive]) -> list[int]:
        """Take frames; return the deliveries that the relay may forget."""
        done = await asyncio.gather(*(self._take(receive) for receive in batch))
        return [receive.delivery for receive, is_done in zip(batch, done, strict=True) if is_done]

    async def _take(self, receive: Receive) -> bool:
        try:
            frame = frames.decode(receive.encrypted_payload)
            if receive.sender == self._us:
                raise RemoteProtocolError("frame_from_ourselves")
            await self._talks.run(receive.sender, self._job(receive, frame))
        except (StorageError, TransportError):
            return False  # the relay keeps it until we can
        except AgentMeshError as error:
            self.faults[error.code] += 1
            record(log, logging.INFO, "frame.dropped", peer=receive.sender, code=Code(error.code))
        return True

    def _job(self, receive: Receive, frame: AnyFrame) -> Job:
        match receive.message_type, frame:
            case "knock", SealedToPrekeys():
                return lambda turn: self._doorway.knock(turn, receive.id, frame)
            case "accept" | "reject", SealedToReplyKey():
                return lambda turn: self._doorway.answer(turn, receive.message_type, frame)
            case "reject", SealedToPrekeys():
                return lambda turn: self._doorway.lost(turn, frame)
            case "reject", StalePrekey(frame_id=frame_id):
                return lambda turn: _stale(turn, frame_id)
            case "message", MessageFrame():
                return lambda turn: self._hear(turn, frame)
            case "receipt", ReceiptFrame():
                return lambda turn: _receipt(turn, frame)
            case _:
                raise RemoteProtocolError("frame_of_other_type")

    async def _hear(self, turn: Turn, frame: MessageFrame) -> None:
        if frame.session_id in turn.talks:
            turn.apply(frame.session_id, Heard(frame))
            return
        if not turn.talks:
            raise RemoteProtocolError("session_unknown")
        self._say_lost(turn, frame.session_id)

    def _say_lost(self, turn: Turn, session_id: SessionId) -> None:
        """Tell somebody we talk to that we cannot read this session; once in a while is enough."""
        errand = ErrandRow(
            errand_id=f"lost-{session_id}",
            peer=turn.peer,
            session_id=session_id,
            kind="session_lost",
            body=b"",
            created_at=turn.now,
            expires_at=turn.now + LOST_SECONDS,
        )
        turn.sheet.errands[errand.errand_id] = errand
        record(log, logging.WARNING, "session.lost", peer=turn.peer)


async def _receipt(turn: Turn, frame: ReceiptFrame) -> None:
    if frame.session_id in turn.talks:
        turn.apply(frame.session_id, Receipted(frame))


async def _stale(turn: Turn, frame_id: str) -> None:
    for session_id, talk in list(turn.talks.items()):
        if isinstance(talk.state, Knocking) and talk.state.frame_id == frame_id:
            turn.apply(session_id, PrekeyStale())
