"""Whose words the agent was shown lately. What it sends shortly after may be their doing."""

import msgspec

from agentmesh.node.consent.contexts import UNKNOWN, Setting
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


class Words(msgspec.Struct, frozen=True):
    """Whose words were read, and in which of the host's sessions."""

    author: Amid
    where: Setting = UNKNOWN


class Kept(msgspec.Struct, frozen=True):
    """What is written down of a reading."""

    words: Words
    read_at: float


class Reading:
    """Remembers whose words the agent read, and where, across restarts."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._until: dict[Words, float] | None = None
        self._kept_at: dict[Words, float] = {}

    async def happened(self, author: Amid, where: Setting = UNKNOWN) -> None:
        """The agent is about to be shown words of a peer."""
        lately = await self._lately()
        now = self._clock.monotonic()
        words = Words(author, where)
        lately[words] = now + AFTER_READING_SECONDS
        if now >= self._kept_at.get(words, -KEEP_EVERY) + KEEP_EVERY:
            self._kept_at[words] = now
            await self._keep(lately, now)

    async def impulse_to(
        self, peer: Amid, where: Setting = UNKNOWN, *, answers: bool = False
    ) -> Impulse:
        """Return what moves the agent to write to a peer now.

        In a peer's own session it is that peer, whenever it spoke. `answers`: it names a message of
        the peer's. That it does is nobody's proof that it acts on this one: whoever was read as
        well may have told it to answer here, and what.
        """
        if where.peer is not None:
            return "peer" if peer == where.peer else "another"
        lately = {it.author for it in await self._lately() if where.is_reached_from(it.where)}
        if not lately:
            return "peer" if answers else "owner"
        return "peer" if lately == {peer} else "another"

    async def is_moved(self, where: Setting) -> bool:
        """Whether what the agent does now may be a peer's doing, whoever that is."""
        return where.peer is not None or any(
            where.is_reached_from(it.where) for it in await self._lately()
        )

    async def _lately(self) -> dict[Words, float]:
        now = self._clock.monotonic()
        if self._until is None:
            self._until = await self._kept(now)
        over = [words for words, until in self._until.items() if now >= until]
        for words in over:
            del self._until[words]
            self._kept_at.pop(words, None)
        while len(self._until) > MAX_AUTHORS:
            del self._until[next(iter(self._until))]
        return self._until

    async def _keep(self, lately: dict[Words, float], now: float) -> None:
        wall = self._clock.now()
        ago = AFTER_READING_SECONDS + now
        kept = [Kept(words, wall - (ago - until)) for words, until in lately.items()]
        await self._store.commit([SetValue(READ, msgspec.msgpack.encode(kept))])

    async def _kept(self, now: float) -> dict[Words, float]:
        """Return how long the readings before the last start still count; clocks may have moved."""
        kept = await self._store.value(READ)
        if kept is None:
            return {}
        whole, wall = AFTER_READING_SECONDS + KEEP_EVERY, self._clock.now()
        left = {it.words: whole - max(wall - it.read_at, 0.0) for it in _decoded(kept)}
        return {words: now + seconds for words, seconds in left.items() if seconds > 0}


def _decoded(kept: bytes) -> list[Kept]:
    """Return what was kept; the form without places is read as well."""
    found = msgspec.msgpack.decode(kept, type=list[Kept] | dict[Amid, float])
    if isinstance(found, dict):
        return [Kept(Words(author), read_at) for author, read_at in found.items()]
    return found
