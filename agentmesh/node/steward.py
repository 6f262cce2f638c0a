"""What has to be done from time to time: let go of what is over, and erase what is old."""

import asyncio
import logging
from contextlib import suppress
from typing import Self

from agentmesh.errors import AgentMeshError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.background import Background
from agentmesh.node.breakers import LIVING
from agentmesh.node.conversations import Conversations
from agentmesh.node.lanes import Job
from agentmesh.node.notices import CERTIFICATES_REVOKED, Notice
from agentmesh.node.session_cache import SessionCache
from agentmesh.node.sessions import takes_messages
from agentmesh.node.turn import Turn
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.protocol.ids import SessionId
from agentmesh.session.effects import StartOver
from agentmesh.session.events import Expired, Overdue, Reconnected
from agentmesh.session.flow import is_full
from agentmesh.session.states import Open
from agentmesh.storage.interface import Settle

LOOK_SECONDS = 60.0
"""So long at most it takes until a session that is over for lack of time is ended."""
SHORTEST_PAUSE = 1.0
CLEAN_SECONDS = 6 * 3600
EXPIRED = "expired"
_NEWS = {"policy_changed", "keys_rotated", "key_change", CERTIFICATES_REVOKED}

log = logging.getLogger("agentmesh.node")


class Steward:
    """Looks round every minute; cleans up at the start and every six hours."""

    def __init__(self, hand: AtHand, talks: Conversations, cache: SessionCache) -> None:
        self._hand = hand
        self._talks = talks
        self._cache = cache
        self._news = asyncio.Event()
        hand.bulletin.listen(lambda _: self._news.set(), _NEWS)
        hand.bulletin.listen(self._look_soon, {"session_started"})
        self._background = Background()
        self._clean_at = 0.0

    async def __aenter__(self) -> Self:
        await self._background.begin(self._run())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._background.end()

    def _look_soon(self, _: Notice) -> None:
        """Look once what a session begins with has left: somebody waits for that."""
        asyncio.get_running_loop().call_later(SHORTEST_PAUSE, self._news.set)

    async def _run(self) -> None:
        while True:
            self._news.clear()
            pause = LOOK_SECONDS
            try:
                pause = await self.look_round()
            except AgentMeshError as error:
                record(log, logging.WARNING, "steward.failed", code=Code(error.code))
            except Exception as error:  # noqa: BLE001 (the next round may be better)
                record_bug(log, "steward.bug", error)
            await asyncio.sleep(SHORTEST_PAUSE)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._news.wait()

    async def look_round(self) -> float:
        """Bury messages that expired, end sessions whose time is over, clean up when it is time.

        Return how long there will be nothing to do.
        """
        now = self._hand.clock.now()
        await self._bury(now)
        await self._cache.review()
        pause = LOOK_SECONDS
        for row in await self._hand.store.sessions():
            if row.phase in LIVING and row.expires_at <= now:
                await self._talks.handle(row.peer, row.session_id, Overdue())
            elif row.phase == "open":
                await self._talks.run(row.peer, _not_for_ever(row.session_id))
            if row.phase in LIVING and row.expires_at > now:
                pause = min(pause, row.expires_at - now)
        if self._hand.clock.monotonic() >= self._clean_at:
            self._clean_at = self._hand.clock.monotonic() + CLEAN_SECONDS
            more = True
            while more:
                more = bool(await self._hand.store.clean(now))
        return pause

    async def _bury(self, now: float) -> None:
        """Settle what expired; a number that travelled gets a tombstone in its place."""
        for peer in {row.peer for row in await self._hand.store.expired_outgoing(now)}:
            await self._talks.run(peer, lambda turn: self._bury_in_lane(turn, now))

    async def _bury_in_lane(self, turn: Turn, now: float) -> None:
        # Read again in the lane: a message that was held may have got its number meanwhile.
        expired = [r for r in await self._hand.store.expired_outgoing(now) if r.peer == turn.peer]
        for session_id in {row.session_id for row in expired}:
            rows = [row for row in expired if row.session_id == session_id]
            numbers = sorted(r.sequence for r in turn.unsettled(session_id, rows) if r.sequence)
            if numbers and session_id in turn.talks:
                turn.apply(session_id, Expired(tuple(numbers)))
        if expired:
            ids = tuple(row.message_id for row in expired)
            turn.sheet.changes.append(Settle(ids, "undeliverable", EXPIRED))


def _not_for_ever(session_id: SessionId) -> Job:
    """Return a job: what is held for a peer that does not get on is said elsewhere.

    That is one that never began to talk, or does not answer our good-bye. A stream's receiver which
    has to read first is asked whether it has.
    """

    async def job(turn: Turn) -> None:
        talk = turn.talks.get(session_id)
        if talk is None or not isinstance(talk.state, Open):
            return
        if takes_messages(talk, turn.now):
            if talk.state.holding and is_full(talk.state):
                turn.apply(session_id, Reconnected())
            return
        if talk.state.holding:
            turn.sheet.start_over[session_id] = StartOver(held_only=True)
        if not talk.state.closing:
            turn.apply(session_id, Overdue())

    return job
