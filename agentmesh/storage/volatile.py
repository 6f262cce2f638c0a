"""The store that forgets at exit: the model of the one on disk, and light enough for tests."""

import sys
from collections.abc import Sequence
from typing import Self

from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.storage.interface import (
    CardRow,
    Change,
    ContactName,
    ContactRow,
    Counts,
    ErrandRow,
    FoundSessions,
    IncomingRow,
    KnockRow,
    OutgoingRow,
    PrekeyKind,
    PrekeyRow,
    SessionRow,
    Unread,
    WantedSessions,
)
from agentmesh.storage.shelves import UNSETTLED, Shelves


class VolatileStore:
    """Everything the node keeps, until it ends."""

    def __init__(self) -> None:
        self._shelves = Shelves()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        pass

    async def commit(self, changes: Sequence[Change]) -> None:
        shelves = self._shelves.copy()
        shelves.apply(changes)
        self._shelves = shelves

    async def clean(self, now: float) -> int:
        return self._shelves.clean(now)

    async def session(self, session_id: SessionId) -> SessionRow | None:
        return self._shelves.sessions.get(session_id)

    async def sessions(self, peer: Amid | None = None) -> list[SessionRow]:
        found = [s for s in self._shelves.sessions.values() if peer in {None, s.peer}]
        return sorted(found, key=lambda s: s.opened_at)[::-1]

    async def open_sessions(self, now: float) -> int:
        every = self._shelves.sessions.values()
        return sum(1 for row in every if row.phase == "open" and row.expires_at > now)

    async def last_sessions(self, wanted: WantedSessions) -> FoundSessions:
        kept = self._shelves.sessions.values()
        every = sorted(kept, key=lambda row: float(getattr(row, wanted.moment)))[::-1]
        of_peer = (row for row in every if wanted.peer in {None, row.peer})
        rows = [row for row in of_peer if row.phase in wanted.phases]
        older = rows
        if wanted.before is not None:
            place = [row.session_id for row in every]
            after = place[place.index(wanted.before) + 1 :] if wanted.before in place else []
            older = [row for row in rows if row.session_id in after]
        return FoundSessions(older[: wanted.limit], len(rows))

    async def outgoing(self, message_id: MessageId) -> OutgoingRow | None:
        return self._shelves.outgoing.get(message_id)

    async def unsettled(self, *session_ids: SessionId) -> list[OutgoingRow]:
        return [m for m in self._open() if m.session_id in session_ids]

    async def held(self, session_id: SessionId) -> list[OutgoingRow]:
        return [m for m in await self.unsettled(session_id) if m.sequence is None]

    async def expired_outgoing(self, now: float) -> list[OutgoingRow]:
        return [m for m in self._open() if m.expires_at <= now]

    async def incoming(self, message_id: MessageId, peer: Amid | None = None) -> IncomingRow | None:
        return self._shelves.first_of_id(message_id, peer)

    async def inbox(
        self, *, unread: bool, peer: Amid | None, after: int, limit: int
    ) -> list[IncomingRow]:
        found = [
            (row.position, row)
            for row in self._shelves.incoming.values()
            if row.position is not None
            and row.position > after
            and peer in {None, row.peer}
            and not (unread and row.consumed_at is not None)
        ]
        return [row for _, row in sorted(found, key=lambda item: item[0])][:limit]

    async def newest(self, peer: Amid | None, limit: int) -> list[IncomingRow]:
        return (await self.inbox(unread=False, peer=peer, after=0, limit=sys.maxsize))[-limit:]

    async def unread(self, peer: Amid) -> Unread:
        rows = [m for m in self._shelves.incoming.values() if m.peer == peer]
        return Unread(
            sum(len(m.body) for m in rows if m.position is not None and m.consumed_at is None),
            sum(len(m.body) for m in rows if m.position is None),
        )

    async def errands(self) -> list[ErrandRow]:
        return list(self._shelves.errands.values())

    async def errand(self, errand_id: str) -> ErrandRow | None:
        return self._shelves.errands.get(errand_id)

    async def knock(self, knock_id: SessionId) -> KnockRow | None:
        return self._shelves.knocks.get(knock_id)

    async def knocks(self, *, pending: bool, limit: int) -> list[KnockRow]:
        found = [k for k in self._shelves.knocks.values() if not pending or k.verdict == "pending"]
        return sorted(found, key=lambda k: k.received_at)[::-1][:limit]

    async def contact(self, amid: Amid) -> ContactRow | None:
        return self._shelves.contacts.get(amid)

    async def contacts(self) -> list[ContactRow]:
        return sorted(self._shelves.contacts.values(), key=lambda c: (c.alias, c.name, c.amid))

    async def contact_names(self) -> list[ContactName]:
        return [ContactName(c.amid, c.alias, c.name) for c in self._shelves.contacts.values()]

    async def card(self, drawer: str, name: str) -> CardRow | None:
        return self._shelves.cards.get((drawer, name))

    async def cards(self, drawer: str) -> list[CardRow]:
        found = [c for c in self._shelves.cards.values() if c.drawer == drawer]
        return sorted(found, key=lambda c: c.created_at)

    async def cards_named(self, drawer: str, names: Sequence[str]) -> list[CardRow]:
        found = (self._shelves.cards.get((drawer, name)) for name in names)
        return [card for card in found if card is not None]

    async def prekeys(self, kind: PrekeyKind) -> list[PrekeyRow]:
        found = [p for p in self._shelves.prekeys.values() if p.kind == kind]
        return sorted(found, key=lambda p: p.id)

    async def prekey(self, kind: PrekeyKind, prekey_id: int) -> PrekeyRow | None:
        return self._shelves.prekeys.get((kind, prekey_id))

    async def remembers(self, peer: Amid, seen_id: str) -> bool:
        shelves = self._shelves
        return (peer, seen_id) in shelves.seen or (MessageId(seen_id), peer) in shelves.incoming

    async def value(self, name: str) -> bytes | None:
        return self._shelves.named.get(name)

    async def counts(self) -> Counts:
        shelves = self._shelves
        released = [m for m in shelves.incoming.values() if m.position is not None]
        prekeys = [p for p in shelves.prekeys.values() if p.kind == "one_time"]
        return Counts(
            unread=sum(m.consumed_at is None for m in released),
            outbox=len(self._open()),
            knocks_pending=sum(k.verdict == "pending" for k in shelves.knocks.values()),
            one_time_prekeys=sum(p.retired_at is None for p in prekeys),
        )

    def warnings(self) -> list[str]:
        return []

    def _open(self) -> list[OutgoingRow]:
        return [m for m in self._shelves.outgoing.values() if m.outcome in UNSETTLED]
