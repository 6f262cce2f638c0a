"""The breakers that are on for one peer, or for what the agent sends by itself.

A trip holds at once; it is kept as soon as the disk has taken it, and lifted by the owner alone.
"""

import asyncio
import logging
from typing import Self

import msgspec

from agentmesh.errors import StorageError, UsageError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.background import Background
from agentmesh.node.notices import Notice
from agentmesh.observability.logs import Code, record
from agentmesh.policy.breakers import ALL_PEERS, Trip, TripKind
from agentmesh.protocol.ids import Amid
from agentmesh.storage.interface import CardRow, Change, DropCard, Put

DRAWER = "breaker"
MAX_TRIPS = 1000
"""At this bound no peer is paused by itself any more; the owner still pauses."""
AGAIN_SECONDS = 2.0
BY_OWNER: TripKind = "paused"

log = logging.getLogger("agentmesh.node")


class Trips:
    """What has tripped."""

    def __init__(self, hand: AtHand) -> None:
        self._store = hand.store
        self._clock = hand.clock
        self._bulletin = hand.bulletin
        self._paused = hand.switches.paused_peers
        self._trips: dict[str, Trip] = {}
        self._unkept: set[str] = set()
        self._news = asyncio.Event()
        self._background = Background()

    async def __aenter__(self) -> Self:
        for card in await self._store.cards(DRAWER):
            self._hold(msgspec.msgpack.decode(card.body, type=Trip))
        await self._background.begin(self._keep())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._background.end()

    def trip(
        self, kind: TripKind, peer: Amid = ALL_PEERS, count: int = 0, seconds: int = 0
    ) -> None:
        """Stop what this is about at once, and tell the owner; once is enough."""
        trip = Trip(kind=kind, peer=peer, at=self._clock.now(), count=count, seconds=seconds)
        if trip.id in self._trips or (peer and len(self._trips) >= MAX_TRIPS):
            return
        self._hold(trip)
        self._unkept.add(trip.id)
        self._news.set()
        fields = {"reason": kind, "count": count, "seconds": seconds}
        self._bulletin.publish(Notice(kind="breaker_tripped", peer=peer or None, fields=fields))

    async def pause(self, peer: Amid) -> None:
        """Let nothing go to a peer or come from it until the owner resumes."""
        trip = Trip(kind=BY_OWNER, peer=peer, at=self._clock.now())
        await self._store.commit([Put(_card(trip))])
        self._hold(trip)
        self._bulletin.publish(Notice(kind="breaker_pause_peer", peer=peer))

    def settle(self, kind: TripKind, peer: Amid) -> None:
        """Lift a breaker whose reason is gone; the disk follows."""
        name = Trip(kind=kind, peer=peer, at=0).id
        trip = self._trips.pop(name, None)
        if trip is not None:
            self._unkept.add(name)
            self._news.set()
            self._let_go(trip)

    async def lift(self, trip_id: str) -> Trip:
        """Lift one breaker."""
        trip = self._trips.get(trip_id)
        if trip is None:
            raise UsageError("unknown_breaker", "No such breaker is on.", "agentmesh breakers")
        await self._lift([trip])
        return trip

    async def resume(self, peer: Amid) -> list[Trip]:
        """Lift every breaker that holds a peer."""
        trips = [trip for trip in self._trips.values() if trip.peer == peer]
        await self._lift(trips)
        return trips

    def all(self) -> list[Trip]:
        """Return the breakers that are on, the oldest first."""
        return sorted(self._trips.values(), key=lambda trip: trip.at)

    def on_peer(self, peer: Amid) -> list[Trip]:
        """Return the breakers that hold a peer."""
        return [trip for trip in self.all() if trip.peer == peer]

    def _hold(self, trip: Trip) -> None:
        self._trips[trip.id] = trip
        if trip.peer:
            self._paused.add(trip.peer)

    async def _lift(self, trips: list[Trip]) -> None:
        names = {trip.id for trip in trips}
        self._unkept -= names  # or it would be kept after it was dropped
        try:
            await self._store.commit([DropCard(DRAWER, name) for name in sorted(names)])
        except StorageError:
            self._unkept |= names
            raise
        for trip in trips:
            self._trips.pop(trip.id, None)
            self._let_go(trip)

    def _let_go(self, trip: Trip) -> None:
        if not self.on_peer(trip.peer):
            self._paused.discard(trip.peer)
        fields = {"reason": trip.kind}
        notice = Notice(kind="breaker_lifted", peer=trip.peer or None, fields=fields)
        self._bulletin.publish(notice)

    async def _keep(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            names = sorted(self._unkept)
            changes = [self._change(name) for name in names]
            try:
                await self._store.commit(changes)
            except StorageError as error:
                record(log, logging.WARNING, "breaker.not_kept", code=Code(error.code))
                await asyncio.sleep(AGAIN_SECONDS)
                self._news.set()
            else:
                self._unkept.difference_update(names)

    def _change(self, name: str) -> Change:
        trip = self._trips.get(name)
        return DropCard(DRAWER, name) if trip is None else Put(_card(trip))


def _card(trip: Trip) -> CardRow:
    body = msgspec.msgpack.encode(trip)
    return CardRow(drawer=DRAWER, name=trip.id, body=body, created_at=trip.at)
