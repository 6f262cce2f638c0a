"""Whose words the agent was shown lately. What it sends shortly after may be their doing."""

import msgspec

from agentmesh.policy.outbound import Impulse
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Clock
from agentmesh.storage.interface import SetValue, Store

AFTER_READING_SECONDS = 300.0
"""So long what the agent sends counts as an answer to what it read, to whomever it goes."""
KEEP_EVERY = 30.0
"""So often at most the time is written down, for the next start."""
MAX_AUTHORS = 1000
"""So many are told apart; more are as good as everybody."""
READ = "agent/read"


class Reading:
    """Remembers whose words the agent read, across restarts."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._until: dict[Amid, float] | None = None
        self._kept_at: dict[Amid, float] = {}

    async def happened(self, author: Amid) -> None:
        """The agent is about to be shown words of a peer."""
        lately = await self._lately()
        now = self._clock.monotonic()
        lately[author] = now + AFTER_READING_SECONDS
        if now >= self._kept_at.get(author, -KEEP_EVERY) + KEEP_EVERY:
            self._kept_at[author] = now
            await self._keep(lately, now)

    async def impulse_to(self, peer: Amid, *, answers: bool = False) -> Impulse:
        """Return what moves the agent to write to a peer now.

        `answers`: it names a message of the peer's. That it does is nobody's proof that it acts on
        this one: whoever was read as well may have told it to answer here, and what.
        """
        lately = await self._lately()
        if not lately:
            return "peer" if answers else "owner"
        return "peer" if set(lately) == {peer} else "another"

    async def _lately(self) -> dict[Amid, float]:
        now = self._clock.monotonic()
        if self._until is None:
            self._until = await self._kept(now)
        over = [author for author, until in self._until.items() if now >= until]
        for author in over:
            del self._until[author]
            self._kept_at.pop(author, None)
        while len(self._until) > MAX_AUTHORS:
            del self._until[next(iter(self._until))]
        return self._until

    async def _keep(self, lately: dict[Amid, float], now: float) -> None:
        wall = self._clock.now()
        ago = AFTER_READING_SECONDS + now
        read_at = {author: wall - (ago - until) for author, until in lately.items()}
        await self._store.commit([SetValue(READ, msgspec.msgpack.encode(read_at))])

    async def _kept(self, now: float) -> dict[Amid, float]:
        """Return how long the readings before the last start still count; clocks may have moved."""
        kept = await self._store.value(READ)
        if kept is None:
            return {}
        whole, wall = AFTER_READING_SECONDS + KEEP_EVERY, self._clock.now()
        read_at = msgspec.msgpack.decode(kept, type=dict[Amid, float])
        left = {author: whole - max(wall - at, 0.0) for author, at in read_at.items()}
        return {author: now + seconds for author, seconds in left.items() if seconds > 0}
