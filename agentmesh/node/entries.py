"""An errand as it waits in memory."""

from dataclasses import dataclass, field

from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.origin import origin_of
from agentmesh.session.numbers import Numbers
from agentmesh.storage.interface import Change, Confirm, DropErrands, ErrandRow, SettleAll


@dataclass
class Entry:
    """An errand as it waits here. The body is read again from the store when it is needed."""

    errand_id: str
    peer: Amid
    session_id: SessionId
    kind: str
    row: ErrandRow | None
    sequences: list[int] = field(default_factory=list)
    attempts: int = 0
    due: float = 0.0
    reason: str = ""
    unreached: str = ""
    is_running: bool = False

    def misses(self, origin: str) -> bool:
        """Whether it waits because this relay could not be reached."""
        return bool(self.unreached) and origin_of(self.unreached) == origin

    def is_ended_by(self, change: Change) -> bool:
        """Whether a change which is not about this errand alone has ended it."""
        match change:
            case DropErrands(session_id, kind):
                return self.session_id == session_id and kind in ("", self.kind)
            case SettleAll(session_id, held_only=False):
                return self.session_id == session_id
            case Confirm(session_id, up_to, also) if self.session_id == session_id:
                confirmed = Numbers(up_to, also)
                return bool(self.sequences) and all(n in confirmed for n in self.sequences)
            case _:
                return False
