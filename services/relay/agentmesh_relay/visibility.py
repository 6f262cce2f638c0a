"""How an agent is, and who may know."""

from array import array
from bisect import bisect_left

from agentmesh.protocol.bounded import Status
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Presence


class Visibility:
    """Visible to nobody until the agent says otherwise."""

    __slots__ = ("_marks", "_seers", "shown_at", "status")

    def __init__(self) -> None:
        self.status: Status = "online"
        self.shown_at = ""
        # Hashes, keyed by this process: a tenth of the room that the names would take.
        self._marks: array[int] = array("q")
        self._seers: set[Amid] = set()  # those of them who have asked

    def publish(self, presence: Presence) -> None:
        """Keep what the agent says; without a list the old list stays."""
        self.status = presence.status
        self.shown_at = "" if presence.status == "offline" else presence.shown_at
        self._seers.clear()
        if presence.visible_to is not None:
            self._marks = array("q", sorted(hash(amid) for amid in presence.visible_to))

    def lets_see(self, amid: Amid) -> bool:
        """Whether that agent may know that this one is here."""
        if amid in self._seers:
            return True
        if self.status == "offline":
            return False
        mark = hash(amid)
        place = bisect_left(self._marks, mark)
        if place == len(self._marks) or self._marks[place] != mark:
            return False
        self._seers.add(amid)
        return True
