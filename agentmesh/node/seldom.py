"""What is done once in a while for each cause, however often there is one."""

from agentmesh.protocol.world import Clock


class Seldom:
    """Once in so many seconds for each of so many causes; beyond those all are forgotten."""

    def __init__(self, clock: Clock, pause: float, most: int) -> None:
        self._clock = clock
        self._pause = pause
        self._most = most
        self._until: dict[str, float] = {}

    def may(self, cause: str) -> bool:
        """Whether to do it; then it is done."""
        now = self._clock.monotonic()
        if now < self._until.get(cause, 0.0):
            return False
        if len(self._until) >= self._most:
            self._until.clear()
        self._until[cause] = now + self._pause
        return True
