"""Follows the registry's log while we are online: every half minute, and no later than a minute.

An entry about ourselves that is not ours is an alarm. An entry about somebody we know makes us ask
afresh; one that takes an identity back ends what we have with it.
"""

import asyncio
import logging
from collections import Counter
from functools import partial
from typing import Self

import msgspec

from agentmesh.discovery.chain import Chain
from agentmesh.discovery.log_pages import News
from agentmesh.errors import AgentMeshError, StorageError, TransportError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.background import Background, looked
from agentmesh.node.breakers import Breakers
from agentmesh.node.certificates.showings import Showings
from agentmesh.node.consent.key_changes import KeyChanges
from agentmesh.node.notices import CERTIFICATES_REVOKED, Notice
from agentmesh.node.transparency.gossip import Gossip
from agentmesh.node.transparency.own import UNKNOWN, WATCHED_FROM, is_awaited, is_ours
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import LOG_POLL_SECONDS
from agentmesh.protocol.transparency import (
    CERTIFICATE,
    CERTIFICATE_REVOKED,
    LogEntry,
    subject_of,
)
from agentmesh.storage.interface import CardRow, DropCard, Put, SetValue

DRAWER = "registry_alarm"
ALARM = "registry_alarm"
"""The kind of the notice that the registry was caught at something."""
FOREIGN_ENTRY = "own_entry_foreign"

MAX_FOREIGN = 100
"""So many entries about us are kept that we did not make: the first ones tell enough."""
MAX_ROUNDS = 10
"""So often at a look we read on in a log that has more; the rest waits for the next look."""
PATIENCE = 10
"""At so many looks a registry may be too busy to prove a revocation that is in its log."""

log = logging.getLogger("agentmesh.node")


class ForeignEntry(msgspec.Struct, frozen=True):
    """An entry about ourselves that we did not make."""

    index: int
    kind: str
    at: float


class LogWatch:
    """Looks at our registry's log from time to time."""

    def __init__(
        self,
        hand: AtHand,
        gossip: Gossip,
        directory: Chain,
        key_changes: KeyChanges,
        breakers: Breakers,
    ) -> None:
        self.log = gossip.log
        self._gossip = gossip
        self._hand = hand
        self._directory = directory
        self._key_changes = key_changes
        self._breakers = breakers
        self._showings = Showings(hand.store)
        self._background = Background()
        self._cut_off: set[Amid] = set()
        self._unproved: Counter[Amid] = Counter()
        self.log.blame_to(self._blamed)

    async def __aenter__(self) -> Self:
        await self._background.begin(self._run())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._background.end()

    async def foreign_entries(self) -> list[ForeignEntry]:
        """Return the entries about ourselves that we did not make."""
        cards = await self._hand.store.cards(DRAWER)
        return [msgspec.msgpack.decode(card.body, type=ForeignEntry) for card in cards]

    async def accept_anew(self) -> None:
        """The owner has looked: what the registry shows next is taken as if it were new."""
        dropped = [DropCard(DRAWER, card.name) for card in await self._hand.store.cards(DRAWER)]
        await self._hand.store.commit([*dropped, SetValue(WATCHED_FROM, b"0")])
        await self.log.accept_anew()

    async def look(self) -> None:
        """Read what is new, and act on it."""
        known = await self._known()
        for _ in range(MAX_ROUNDS):
            news = await self._directory.asking(self.log.follow)
            await self._act_on(news, known)
            await self.log.done(news)
            if not news.more:
                break
        for peer in known.values():
            if peer not in self._cut_off and self.log.is_revoked(peer):
                await self._cut(peer)

    async def _act_on(self, news: News, known: dict[bytes, Amid]) -> None:
        own = subject_of(self._hand.keys.ring.identity.amid)
        since = await self._watched_from(news)
        for index, entry in enumerate(news.entries, news.start):
            if entry.subject == own and index >= since:
                await self._own(index, entry)
            if entry.kind == CERTIFICATE_REVOKED:
                await self._certificate_revoked(entry.document, known.get(entry.subject))
            elif entry.subject in known:
                self._directory.forget(known[entry.subject])

    async def _run(self) -> None:
        while True:
            if not self._hand.switches.stopped:
                await looked(self._look_and_gossip, "registry_log")
            await asyncio.sleep(LOG_POLL_SECONDS)

    async def _look_and_gossip(self) -> None:
        await self.look()
        await self._directory.asking(self._gossip.exchange)

    async def _watched_from(self, news: News) -> int:
        kept = await self._hand.store.value(WATCHED_FROM)
        if kept is None:
            return 0
        if kept != UNKNOWN:
            return int(kept)
        since = news.start + len(news.entries)
        if not news.more:
            await self._hand.store.commit([SetValue(WATCHED_FROM, str(since).encode())])
        return since

    async def _known(self) -> dict[bytes, Amid]:
        """Return everybody we have to do with, by their names in the log."""
        amids = {row.amid for row in await self._hand.store.contacts()}
        amids |= {row.peer for row in await self._hand.store.sessions()}
        return {subject_of(amid): amid for amid in amids | self._directory.remembered()}

    async def _own(self, index: int, entry: LogEntry) -> None:
        if await is_ours(self._hand.store, entry):
            return
        if entry.kind == CERTIFICATE_REVOKED:
            return  # by whoever issued it: the certificate itself is looked at
        if entry.kind == CERTIFICATE and await is_awaited(self._hand.store):
            return
        kept = {card.name for card in await self._hand.store.cards(DRAWER)}
        if str(index) in kept or len(kept) >= MAX_FOREIGN:
            return
        now = self._hand.clock.now()
        body = msgspec.msgpack.encode(ForeignEntry(index, entry.kind, now))
        await self._hand.store.commit(
            [Put(CardRow(drawer=DRAWER, name=str(index), body=body, created_at=now))]
        )
        self._blamed(FOREIGN_ENTRY)

    async def _cut(self, peer: Amid) -> None:
        """End what we have with a peer that was taken back, once that is proved.

        No lookup of it succeeds any more; what is open goes on until the proof is there.
        """
        try:
            revoked = await self._directory.asking(partial(self.log.revocation, peer))
        except StorageError:
            raise
        except AgentMeshError as error:
            self._unproved[peer] += 1
            is_busy = isinstance(error, TransportError)
            if self._unproved[peer] == (PATIENCE if is_busy else 1):
                self._blamed("revocation_unproved" if is_busy else error.code)
            return
        self._cut_off.add(peer)
        await self._breakers.end_sessions_with(peer)
        await self._key_changes.taken_back(peer, revoked)

    async def _certificate_revoked(self, document: bytes, peer: Amid | None) -> None:
        """Ask afresh who is vouched for; end what rested on that certificate."""
        for known in self._directory.remembered():
            self._directory.forget(known)
        rows = await self._showings.resting_on(document, peer)
        await self._breakers.end_unvouched(rows, "certificate_revoked")
        self._hand.bulletin.publish(Notice(kind=CERTIFICATES_REVOKED))

    def _blamed(self, code: str) -> None:
        self._hand.bulletin.publish(Notice(kind=ALARM, fields={"reason": code}))
