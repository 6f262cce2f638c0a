"""How an agent is, and who may know."""

from array import array
from bisect import bisect_left

from agentmesh.protocol.bounded import Status
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Presence


class Visibility:
    """Visible to nobody until the agent says otherwise."""

    __slots__ = ("_marks", "status")

    def __init__(self) -> None:
        self.status: Status = "online"
        # Hashes, keyed by this process: a tenth of the room that the names would take.
        self._marks: array[int] = array("q")

    def publish(self, presence: Presence) -> None:
        """Keep what the agent says; without a list the old list stays."""
        self.status = presence.status
        if presence.visible_to is not None:
            self._marks = array("q", sorted(hash(amid) for amid in presence.visible_to))

    def lets_see(self, amid: Amid) -> bool:
        """Whether that agent may know that this one is here."""
        if self.status == "offline":
            return False
        mark = hash(amid)
        place = bisect_left(self._marks, mark)
        return place < len(self._marks) and self._marks[place] == mark
