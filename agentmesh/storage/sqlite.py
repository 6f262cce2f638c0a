"""The store on disk: SQLite, its bodies sealed.

One thread writes, or the loop what is small and alone (`writer.py`). Reads (`queries.py`) see every
commit that was answered: a single row is fetched on the event loop, and so is what an index finds
of one peer or session, if it is small; lists, whose size is not known, in a thread.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from agentmesh.errors import StorageError
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.storage import opening
from agentmesh.storage.applying import apply, pages
from agentmesh.storage.cleaning import clean
from agentmesh.storage.connection import Connect, connect
from agentmesh.storage.delivering import FIRST_OF_ID, SHOWN_BEHIND, UNREAD_BEHIND
from agentmesh.storage.fresh import Fresh
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
from agentmesh.storage.queries import FEW, Queries, querying
from agentmesh.storage.reading import Damage, Found, set_aside
from agentmesh.storage.sealing import Sealer
from agentmesh.storage.settling import EXPIRED, UNSETTLED
from agentmesh.storage.tables import (
    CARDS,
    CONTACT_NAMES,
    CONTACTS,
    COUNTS,
    ERRANDS,
    HOW_MANY_SESSIONS,
    INCOMING,
    KNOCKS,
    NAMED,
    NEWEST,
    OPEN_SESSIONS,
    OUTGOING,
    PREKEYS,
    SESSIONS,
    UNREAD,
    UNREAD_ROWS,
    R,
    Table,
    as_json,
    some_sessions,
)
from agentmesh.storage.writer import Writer

T = TypeVar("T")

_WARNINGS = 100
# What was erased is still in the write-ahead log, until that is emptied.
_TRUNCATE = "PRAGMA wal_checkpoint(TRUNCATE)"
_OF_SESSIONS = "session_id IN (SELECT value FROM json_each(?))"


class SqliteStore:
    """Everything the node keeps, in one file."""

    def __init__(self, path: Path, sealer: Sealer, *, connect: Connect = connect) -> None:
        self._path = path
        self._sealer = sealer
        self._connect = connect
        self._warnings: list[str] = []
        self._stack = AsyncExitStack()
        self._writer: Writer
        self._queries: Queries
        self._fresh: Fresh

    async def __aenter__(self) -> Self:
        """Open the database, made or brought up to date as needed; refuse a damaged one."""
        async with AsyncExitStack() as stack:
            opened = await asyncio.to_thread(
                opening.open_database, self._path, self._sealer, self._connect
            )
            stack.callback(opened.connection.close)
            self._tell_of(opened)
            self._queries = stack.enter_context(querying(self._path, self._sealer, self._connect))
            self._fresh = Fresh(self._queries)
            stack.callback(self._fresh.forget)
            self._writer = Writer(opened.connection, self._path, self._queries.tidy)
            stack.push_async_callback(self._writer.close)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Finish what waits and close."""
        await self._stack.aclose()

    async def commit(self, changes: Sequence[Change]) -> None:
        work = partial(apply, sealer=self._sealer, changes=changes)
        await self._writer.run(work, pages(changes))
        self._fresh.put(changes)

    async def clean(self, now: float) -> int:
        gone = await self._writer.run(lambda connection: clean(connection, now))
        await self._queries.long_figures(_TRUNCATE)
        return gone

    async def session(self, session_id: SessionId) -> SessionRow | None:
        return await self._one(SESSIONS, "WHERE session_id = ?", session_id)

    async def sessions(self, peer: Amid | None = None) -> list[SessionRow]:
        if peer is None:
            return await self._all(SESSIONS, NEWEST)
        return await self._few(SESSIONS, "WHERE peer = ? ", NEWEST, peer)

    async def open_sessions(self, now: float) -> int:
        return int(self._queries.figures(OPEN_SESSIONS, (now,))[0][0])

    async def last_sessions(self, wanted: WantedSessions) -> FoundSessions:
        phases, peer = as_json(tuple(sorted(wanted.phases))), wanted.peer
        ((total,),) = self._queries.figures(HOW_MANY_SESSIONS, (phases, peer, peer))
        values = (phases, peer, peer, wanted.before, wanted.before, wanted.limit)
        return FoundSessions(
            await self._all(SESSIONS, some_sessions(wanted.moment), *values), total
        )

    async def outgoing(self, message_id: MessageId) -> OutgoingRow | None:
        return await self._one(OUTGOING, "WHERE message_id = ?", message_id)

    async def unsettled(self, *session_ids: SessionId) -> list[OutgoingRow]:
        return await self._few(
            OUTGOING,
            f"WHERE {_OF_SESSIONS} AND {UNSETTLED} ",
            "ORDER BY row",
            as_json(session_ids),
        )

    async def held(self, session_id: SessionId) -> list[OutgoingRow]:
        return await self._few(
            OUTGOING,
            f"WHERE session_id = ? AND {UNSETTLED} AND sequence IS NULL ",
            "ORDER BY row",
            session_id,
        )

    async def expired_outgoing(self, now: float) -> list[OutgoingRow]:
        return await self._all(OUTGOING, f"WHERE row IN ({EXPIRED}) ORDER BY row", now)

    async def incoming(self, message_id: MessageId, peer: Amid | None = None) -> IncomingRow | None:
        return await self._one(
            INCOMING,
            f"WHERE message_id = ? AND ifnull(?, peer) = peer {FIRST_OF_ID}",
            message_id,
            peer,
        )

    async def inbox(
        self, *, unread: bool, peer: Amid | None, after: int, limit: int
    ) -> list[IncomingRow]:
        tail, values = UNREAD_BEHIND if unread else SHOWN_BEHIND, (after, peer, limit)
        rows = self._fresh.page(tail, values)
        return await self._few(INCOMING, tail, "", *values) if rows is None else rows

    async def newest(self, peer: Amid | None, limit: int) -> list[IncomingRow]:
        last = "WHERE row > 0 AND ifnull(?, peer) = peer ORDER BY row DESC LIMIT ?"
        return list(reversed(await self._all(INCOMING, last, peer, limit)))

    async def unread(self, peer: Amid) -> Unread:
        ((rows,),) = self._queries.figures(UNREAD_ROWS, (FEW + 1, FEW + 1))
        if rows <= FEW:
            found = self._queries.figures(UNREAD, (peer, peer))
        else:
            found = await self._queries.long_figures(UNREAD, (peer, peer))
        shown, waiting = found[0]
        return Unread(int(shown), int(waiting))

    async def errands(self) -> list[ErrandRow]:
        return await self._all(ERRANDS, "ORDER BY row")

    async def errand(self, errand_id: str) -> ErrandRow | None:
        return await self._one(ERRANDS, "WHERE errand_id = ?", errand_id)

    async def knock(self, knock_id: SessionId) -> KnockRow | None:
        return await self._one(KNOCKS, "WHERE knock_id = ?", knock_id)

    async def knocks(self, *, pending: bool, limit: int) -> list[KnockRow]:
        return await self._all(
            KNOCKS,
            ("WHERE verdict = 'pending' " if pending else "")
            + "ORDER BY received_at DESC, row DESC LIMIT ?",
            limit,
        )

    async def contact(self, amid: Amid) -> ContactRow | None:
        return await self._one(CONTACTS, "WHERE amid = ?", amid)

    async def contacts(self) -> list[ContactRow]:
        return await self._all(CONTACTS, "ORDER BY alias, name, amid")

    async def contact_names(self) -> list[ContactName]:
        found = await self._queries.long_figures(CONTACT_NAMES)
        return [ContactName(Amid(_text(it[0])), _text(it[1]), _text(it[2])) for it in found]

    async def card(self, drawer: str, name: str) -> CardRow | None:
        return await self._one(CARDS, "WHERE drawer = ? AND name = ?", drawer, name)

    async def cards(self, drawer: str) -> list[CardRow]:
        return await self._all(CARDS, "WHERE drawer = ? ORDER BY created_at, row", drawer)

    async def cards_named(self, drawer: str, names: Sequence[str]) -> list[CardRow]:
        these = "WHERE drawer = ? AND name IN (SELECT value FROM json_each(?))"
        return await self._readable(
            self._queries.rows(CARDS, these, (drawer, as_json(tuple(names))))
        )

    async def prekeys(self, kind: PrekeyKind) -> list[PrekeyRow]:
        return await self._all(PREKEYS, "WHERE kind = ? ORDER BY id", kind)

    async def prekey(self, kind: PrekeyKind, prekey_id: int) -> PrekeyRow | None:
        return await self._one(PREKEYS, "WHERE kind = ? AND id = ?", kind, prekey_id)

    async def remembers(self, peer: Amid, seen_id: str) -> bool:
        query = (
            "SELECT EXISTS (SELECT 1 FROM seen WHERE peer = ? AND id = ?) "
            "OR EXISTS (SELECT 1 FROM incoming WHERE peer = ? AND message_id = ?)"
        )
        return bool(self._queries.figures(query, (peer, seen_id, peer, seen_id))[0][0])

    async def value(self, name: str) -> bytes | None:
        found = await self._one(NAMED, "WHERE name = ?", name)
        return found.value if found else None

    async def counts(self) -> Counts:
        unread, outbox, pending, one_time = self._queries.figures(COUNTS)[0]
        return Counts(
            unread=unread, outbox=outbox, knocks_pending=pending, one_time_prekeys=one_time
        )

    def warnings(self) -> list[str]:
        return list(self._warnings)

    async def _one(self, table: Table[R], tail: str, *values: object) -> R | None:
        rows = await self._readable(self._queries.rows(table, tail, values))
        return rows[0] if rows else None

    async def _few(self, table: Table[R], which: str, order: str, *values: object) -> list[R]:
        found = await self._queries.likely_few_rows(table, which, order, values)
        return await self._readable(found)

    async def _all(self, table: Table[R], tail: str, *values: object) -> list[R]:
        return await self._readable(await self._queries.long_rows(table, tail, values))

    async def _readable(self, found: Found[R]) -> list[R]:
        """Return what could be read; what could not is set aside, with a warning."""
        if found.damage:
            self._warn(found.damage)
            with suppress(StorageError):  # there is no space for it: then it is found again
                await self._writer.run(partial(set_aside, damage=found.damage))
        return found.rows

    def _tell_of(self, opened: opening.Opened) -> None:
        if opened.was_mended:
            self._warnings.append(
                f"The indexes of {self._path} did not fit its rows and were made anew; a disk that "
                "does this may do worse."
            )
        self._warn(opened.damage)

    def _warn(self, damage: Sequence[Damage]) -> None:
        for table, row in damage:
            warning = (
                f"{table.name} row {row} could not be read and was set aside; "
                "`agentmesh doctor` shows it."
            )
            if warning not in self._warnings:
                self._warnings = [*self._warnings, warning][-_WARNINGS:]


def _text(column: bytes) -> str:
    return column.decode("utf-8", "replace")
