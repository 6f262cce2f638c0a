"""How long records are kept: as the policy says, and for ever unless it says anything."""

import asyncio
import logging
from collections.abc import Callable
from typing import Self

from agentmesh.node.background import Background, looked
from agentmesh.node.journal import Journal
from agentmesh.observability.audit_line import Event
from agentmesh.policy.document import Policy
from agentmesh.protocol.world import Clock

FIRST_LOOK_SECONDS = 60.0
LOOK_SECONDS = 6 * 3600.0
MAX_TRANSCRIPTS = 100
"""At most so many go at once: a clock that is wrong for a moment takes no more along."""
DAY = 86400

log = logging.getLogger("agentmesh.node")


class Retention:
    """Looks a minute after the start, and every six hours."""

    def __init__(self, journal: Journal, policy: Callable[[], Policy], clock: Clock) -> None:
        self._journal = journal
        self._policy = policy
        self._clock = clock
        self._background = Background()

    async def __aenter__(self) -> Self:
        await self._background.begin(self._run())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._background.end()

    async def look(self) -> None:
        """Let go of what is older than the policy wants it to be."""
        policy, now = self._policy(), self._clock.now()
        if policy.audit_days:
            before = now - policy.audit_days * DAY
            await asyncio.to_thread(self._journal.audit.let_go, before)
        if policy.transcript_days:
            await self._let_transcripts_go(now - policy.transcript_days * DAY)

    async def _let_transcripts_go(self, before: float) -> None:
        transcripts = self._journal.transcripts
        found = await asyncio.to_thread(transcripts.overview)
        old = [each.session_id for each in reversed(found) if each.changed_at < before]
        # They are looked at again: their session may have gone on meanwhile, their owner been here.
        gone = sum(transcripts.let_go(each, before) for each in old[:MAX_TRANSCRIPTS])
        if gone:
            self._journal.audit.record(Event.TRANSCRIPTS_LET_GO, count=gone)

    async def _run(self) -> None:
        await asyncio.sleep(FIRST_LOOK_SECONDS)
        while True:
            await looked(self.look, "retention")
            await asyncio.sleep(LOOK_SECONDS)
