"""One way to the owner. What waits is a set of topics: it cannot grow, whatever happens how often.

The same is told once in half a minute at most, and less often the longer it goes on: strangers must
not be able to ring all night. A way that is slow or broken holds up nothing else.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Self

from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.observability.tasks import Tasks
from agentmesh.policy.telling import Topic
from agentmesh.protocol.world import Clock

QUIET_SECONDS, LONGEST_QUIET = 30.0, 3600.0
MAX_TRIES = 3

Tell = Callable[[Topic], Awaitable[bool]]
"""Tells the owner, within a bound of its own; returns whether that worked."""

log = logging.getLogger("agentmesh.node")


class Channel:
    """Tells by one means."""

    def __init__(self, name: str, tell: Tell, clock: Clock) -> None:
        self.name = name
        self.is_failing = False
        self._tell = tell
        self._clock = clock
        self._tries: dict[Topic, int] = {}
        self._told_at: dict[Topic, float] = {}
        self._quiet: dict[Topic, float] = {}
        self._news = asyncio.Event()
        self._tasks = Tasks()
        self._telling: tuple[asyncio.Task[bool], ...] = ()

    async def __aenter__(self) -> Self:
        await self._tasks.begin()
        self._tasks.start(self._go_on())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._tasks.end()

    def say(self, topic: Topic) -> None:
        """Tell the owner as soon as may be."""
        self._tries.setdefault(topic, 0)
        self._news.set()

    def cut(self) -> None:
        """Say nothing of what waits, and break off what is being said."""
        self._tries.clear()
        for task in self._telling:
            task.cancel()

    async def _go_on(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._pause()):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()
            for topic in self._due():
                await self._try(topic)

    def _due(self) -> list[Topic]:
        now = self._clock.monotonic()
        return [topic for topic in self._tries if self._due_at(topic) <= now]

    def _pause(self) -> float | None:
        """Return how long nothing is due; for ever where nothing waits."""
        if not self._tries:
            return None
        return max(0.0, min(map(self._due_at, self._tries)) - self._clock.monotonic())

    def _due_at(self, topic: Topic) -> float:
        return self._told_at.get(topic, float("-inf")) + self._quiet.get(topic, QUIET_SECONDS)

    def _note(self, topic: Topic, now: float) -> None:
        """Remember that this is told now; where it follows closely the next pause is longer."""
        quiet = self._quiet.get(topic, QUIET_SECONDS)
        is_close = now < self._told_at.get(topic, float("-inf")) + 4 * quiet
        self._quiet[topic] = min(2 * quiet, LONGEST_QUIET) if is_close else QUIET_SECONDS
        self._told_at[topic] = now

    async def _try(self, topic: Topic) -> None:
        tries = self._tries.pop(topic, None)
        if tries is None:
            return  # cut meanwhile
        self._note(topic, self._clock.monotonic())
        task = self._tasks.start(self._tell_safely(topic))
        self._telling = (task,)
        await asyncio.wait(self._telling)
        if task.cancelled():
            return
        self.is_failing = not task.result()
        if self.is_failing:
            record(log, logging.WARNING, "owner.not_told", way=Code(self.name))
            if tries + 1 < MAX_TRIES:
                self._tries.setdefault(topic, tries + 1)

    async def _tell_safely(self, topic: Topic) -> bool:
        try:
            return await self._tell(topic)
        except Exception as error:  # noqa: BLE001 (no way to the owner may end another)
            record_bug(log, "owner.bug", error)
            return False
