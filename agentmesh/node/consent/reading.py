"""When the agent was last shown words of a peer. Shortly after, what it sends is by itself."""

from agentmesh.protocol.world import Clock
from agentmesh.storage.interface import SetValue, Store

AFTER_READING_SECONDS = 300.0
"""So long what the agent sends counts as an answer to what it read, to whomever it goes."""
KEEP_EVERY = 30.0
"""So often at most the time is written down, for the next start."""
READ_AT = "agent/read_at"


class Reading:
    """Remembers that the agent read something, across restarts."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._until: float | None = None
        self._kept_at = -KEEP_EVERY

    async def happened(self) -> None:
        """The agent is about to be shown words of a peer."""
        now = self._clock.monotonic()
        self._until = now + AFTER_READING_SECONDS
        if now >= self._kept_at + KEEP_EVERY:
            self._kept_at = now
            at = str(self._clock.now()).encode()
            await self._store.commit([SetValue(READ_AT, at)])

    async def is_recent(self) -> bool:
        """Whether the agent acts under what a peer said."""
        if self._until is None:
            self._until = self._clock.monotonic() + await self._left()
        return self._clock.monotonic() < self._until

    async def _left(self) -> float:
        """Return how long the reading before the last start still counts; clocks may have moved."""
        kept = await self._store.value(READ_AT)
        if kept is None:
            return 0.0
        ago = self._clock.now() - float(kept)
        whole = AFTER_READING_SECONDS + KEEP_EVERY
        return whole if ago < 0 else max(0.0, whole - ago)
