"""The KNOCKs of the last day as they were decided on: what another policy would have said."""

from collections import deque
from contextlib import suppress

import msgspec

from agentmesh.errors import StorageError
from agentmesh.node.at_hand import AtHand
from agentmesh.policy.document import Policy
from agentmesh.policy.facts import KnockFacts
from agentmesh.policy.verdict import Verdict
from agentmesh.protocol.ids import SessionId
from agentmesh.storage.interface import CardRow, Change, DropCard, Put

DRAWER = "past_knock"
DAY = 86400.0
MAX_KEPT = 1000
"""At this bound the oldest gives way."""


class PastKnock(msgspec.Struct, frozen=True, kw_only=True):
    """A KNOCK, the facts of its moment (without the policy), and what became of it."""

    knock_id: SessionId
    at: float
    facts: KnockFacts
    verdict: Verdict


class PastKnocks:
    """Keeps them, and reads them again."""

    def __init__(self, hand: AtHand) -> None:
        self._store = hand.store
        self._clock = hand.clock
        self._names: deque[str] | None = None

    async def remember(self, knock_id: SessionId, facts: KnockFacts, verdict: Verdict) -> None:
        """Keep a decision; where there is no room for it, it is missing."""
        now = self._clock.now()
        bare = msgspec.structs.replace(facts, policy=Policy())
        past = PastKnock(knock_id=knock_id, at=now, facts=bare, verdict=verdict)
        body = msgspec.msgpack.encode(past)
        card = CardRow(
            drawer=DRAWER, name=knock_id, body=body, created_at=now, expires_at=now + DAY
        )
        with suppress(StorageError):
            await self._store.commit([Put(card), *await self._room_for(knock_id)])

    async def of(self, knock_id: SessionId) -> PastKnock | None:
        """Return how a KNOCK was decided on, if that was within a day."""
        card = await self._store.card(DRAWER, knock_id)
        return None if card is None else msgspec.msgpack.decode(card.body, type=PastKnock)

    async def of_the_last_day(self) -> list[PastKnock]:
        """Return the KNOCKs that were decided on, the oldest first."""
        since = self._clock.now() - DAY
        cards = await self._store.cards(DRAWER)
        found = (msgspec.msgpack.decode(card.body, type=PastKnock) for card in cards)
        return sorted((past for past in found if past.at > since), key=lambda past: past.at)

    async def _room_for(self, name: str) -> list[Change]:
        if self._names is None:
            self._names = deque(card.name for card in await self._store.cards(DRAWER))
        if name not in self._names:
            self._names.append(name)
        gone = [self._names.popleft() for _ in range(len(self._names) - MAX_KEPT)]
        return [DropCard(DRAWER, old) for old in gone]
