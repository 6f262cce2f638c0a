"""Agents whose connection ended, until a registry was told or it is not true any more."""

from collections.abc import Callable, Mapping

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAX_ABSENCES, PRESENCE_SECONDS

MAX_MISSING = 50_000
"""At this bound the one that has been away for longest is forgotten: its presence fades soonest."""


class Missing:
    """Who was lost, and when, in this order. Whether it is still so is looked at when it is due."""

    def __init__(self, is_here: Callable[[Amid], bool], seconds: float) -> None:
        """`seconds`: within which an agent that comes back was never gone."""
        self._is_here = is_here
        self._seconds = seconds
        self._lost: dict[Amid, float] = {}

    def __len__(self) -> int:
        return len(self._lost)

    def lose(self, amid: Amid, now: float) -> None:
        """Know that an agent's connection has ended just now."""
        self._lost.pop(amid, None)
        self._lost[amid] = now
        if len(self._lost) > MAX_MISSING:
            del self._lost[next(iter(self._lost))]

    def due(self, now: float) -> dict[Amid, float]:
        """Return who did not come back in time; forget who did, and whose presence is over."""
        due: dict[Amid, float] = {}
        over: list[Amid] = []
        for amid, lost_at in self._lost.items():
            if now - lost_at < self._seconds or len(due) == MAX_ABSENCES:
                break
            if now - lost_at >= PRESENCE_SECONDS or self._is_here(amid):
                over.append(amid)
            else:
                due[amid] = lost_at
        for amid in over:
            del self._lost[amid]
        return due

    def told(self, due: Mapping[Amid, float]) -> None:
        """Forget those of whom the registry knows; not those that came and went meanwhile."""
        for amid, lost_at in due.items():
            if self._lost.get(amid) == lost_at:
                del self._lost[amid]
