"""The mailbox of a relay that is one machine: SQLite, WAL, an fsync for each commit."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from agentmesh.observability.logs import Code, record
from agentmesh.protocol.ids import Amid
from agentmesh_relay.mailbox.database import Connect, connect, opened
from agentmesh_relay.mailbox.interface import Letter, Pending, Refusal, Room, Stored
from agentmesh_relay.mailbox.moves import Moves
from agentmesh_relay.mailbox.puts import Put, put_all
from agentmesh_relay.mailbox.tally import Tallies
from agentmesh_relay.mailbox.writer import Failed, Job, Writer

MAX_KNOWN = 1_000_000
MAX_EXPIRED = 1000
"""Rows that one call of `expire` removes at most."""

MAX_FILE_BYTES = 16 * 1024**3
SEEN_SECONDS = 3600
"""How exactly it is kept when an agent was here."""

MAX_UNWRITTEN_BYTES = 64 * 1024**2
"""Payloads that wait for the disk. Beyond it a letter is refused for some seconds."""

TROUBLE_RETRY_SECONDS = 5

_log = logging.getLogger(__name__)

_COLUMNS = (
    "row, sender, recipient, id, message_type, payload, sent_at, expires_at, want_acked, attempts"
)


class SqliteMailbox:
    """See `Mailbox`. Enter it in the thread of the loop that shall be told."""

    def __init__(
        self,
        path: Path,
        max_file_bytes: int = MAX_FILE_BYTES,
        connect: Connect = connect,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._tallies = Tallies()
        # This thread uses the connection now, the writer's from then on.
        database = opened(path, max_file_bytes, connect)
        self._writer = Writer(database, loop, self._tallies.forget_all)
        self._loop = loop
        self._puts: list[Put] = []
        self._too_many: list[Put] = []
        self._moves = Moves(loop.call_later, self._add)
        self._unwritten = 0

    def put(self, letter: Letter, room: Room, done: Callable[[Stored | Refusal], None]) -> None:
        """Keep a letter; `done(Stored)` is said only after the fsync."""
        put = Put(letter, room, done)
        if self._unwritten + len(letter.payload) > MAX_UNWRITTEN_BYTES:
            self._too_many.append(put)
            if len(self._too_many) == 1:
                self._loop.call_soon(self._refuse)
            return
        self._moves.hurry(letter.recipient)
        self._add(put)

    def move(self, letter: Letter, room: Room, done: Callable[[Stored | Refusal], None]) -> None:
        """Keep a letter that was promised already: not at once, but before what is newer."""
        self._moves.add(Put(letter, room, done))

    def open(self, amid: Amid, now: int, done: Callable[[list[Pending]], None]) -> None:
        """Hand over what waits for this agent, oldest first; from now on the agent is known."""

        def told(result: list[Pending] | Failed) -> None:
            done([] if isinstance(result, Failed) else result)

        self._moves.hurry(amid)
        self._submit(Job(partial(_meet, amid, now), _unheard, writes=True))
        self._submit(Job(partial(_pending, amid, now), told, writes=False))

    def fetch(self, rows: Sequence[int], done: Callable[[dict[int, Letter]], None]) -> None:
        """Hand over letters, each counted as attempted once more. What is gone is not in it."""

        def told(result: dict[int, Letter] | Failed) -> None:
            done({} if isinstance(result, Failed) else result)

        self._submit(Job(partial(_letters, rows), told, writes=False))
        self._submit(Job(partial(_attempted, rows), _unheard, writes=True))

    def remove(self, rows: Sequence[int]) -> None:
        """Forget letters that were acknowledged."""
        self._submit(Job(partial(_remove, rows, self._tallies), _unheard, writes=True))

    def expire(self, now: int) -> None:
        """Forget letters whose time is over, and agents not seen for longest beyond the bound."""
        self._submit(Job(partial(_expire, now, self._tallies), _unheard, writes=True))

    def trouble(self) -> Code | None:
        """Return a word for why nothing can be kept at the moment, or None."""
        return self._writer.trouble

    def hurry(self) -> None:
        """Have everything asked so far on its way to the disk."""
        self._moves.hurry_all()
        self._submit_puts()

    def close(self) -> None:
        """Carry out everything asked so far, and stop."""
        self.hurry()
        self._writer.close()

    def _add(self, put: Put) -> None:
        self._unwritten += len(put.letter.payload)
        self._puts.append(put)
        if len(self._puts) == 1:
            self._loop.call_soon(self._submit_puts)

    def _refuse(self) -> None:
        puts, self._too_many = self._too_many, []
        _told(puts, Failed(Code("overloaded")))

    def _submit(self, job: Job[Any]) -> None:
        """Have this done after everything that was asked before it."""
        self._submit_puts()
        self._writer.submit(job)

    def _submit_puts(self) -> None:
        """Have all letters of this turn of the loop written together."""
        puts, self._puts = self._puts, []
        if not puts:
            return

        def told(result: list[Stored | Refusal] | Failed) -> None:
            self._unwritten -= sum(len(put.letter.payload) for put in puts)
            _told(puts, result)

        self._writer.submit(Job(partial(put_all, puts, self._tallies), told, writes=True))


def _told(puts: Sequence[Put], result: list[Stored | Refusal] | Failed) -> None:
    if isinstance(result, Failed):
        record(_log, logging.WARNING, "mailbox.put_failed", code=result.code, letters=len(puts))
        result = [Refusal("INTERNAL_ERROR", TROUBLE_RETRY_SECONDS)] * len(puts)
    for put, what in zip(puts, result, strict=True):
        put.done(what)


def _meet(amid: Amid, now: int, database: sqlite3.Connection) -> None:
    # Written only if it says something new: an agent that reconnects costs no fsync.
    database.execute(
        "INSERT INTO known (amid, seen_at) VALUES (?1, ?2) ON CONFLICT (amid)"
        " DO UPDATE SET seen_at = ?2 WHERE seen_at < ?2 - ?3",
        (amid, now, SEEN_SECONDS * 1000),
    )


def _pending(amid: Amid, now: int, database: sqlite3.Connection) -> list[Pending]:
    rows = database.execute(
        "SELECT row, sender, id, size, want_acked FROM letters"
        " WHERE recipient = ? AND expires_at > ? ORDER BY row",
        (amid, now),
    )
    return [Pending(row, sender, id_, size, bool(want)) for row, sender, id_, size, want in rows]


def _letters(rows: Sequence[int], database: sqlite3.Connection) -> dict[int, Letter]:
    found = database.execute(
        f"SELECT {_COLUMNS} FROM letters WHERE row IN ({_marks(rows)})",  # noqa: S608 - only marks
        rows,
    )
    return {row: _letter(*columns) for row, *columns in found}


def _letter(*columns: object) -> Letter:
    fields = dict(zip(_COLUMNS.split(", ")[1:], columns, strict=True))
    fields["want_acked"] = bool(fields["want_acked"])
    return Letter(**fields)  # type: ignore[arg-type] # the table's columns are the fields


def _attempted(rows: Sequence[int], database: sqlite3.Connection) -> None:
    database.execute(
        f"UPDATE letters SET attempts = attempts + 1 WHERE row IN ({_marks(rows)})",  # noqa: S608
        rows,
    )


def _remove(rows: Sequence[int], tallies: Tallies, database: sqlite3.Connection) -> None:
    removed = database.execute(
        f"DELETE FROM letters WHERE row IN ({_marks(rows)})"  # noqa: S608 - only marks
        " RETURNING recipient, is_receipt",
        rows,
    ).fetchall()
    for recipient, is_receipt in set(removed):
        tallies.forget((recipient, bool(is_receipt)))


def _marks(rows: Sequence[int]) -> str:
    return ", ".join("?" * len(rows))


def _expire(now: int, tallies: Tallies, database: sqlite3.Connection) -> None:
    tallies.forget_all()
    database.execute(
        "DELETE FROM letters WHERE row IN (SELECT row FROM letters WHERE expires_at <= ? LIMIT ?)",
        (now, MAX_EXPIRED),
    )
    (known,) = database.execute("SELECT count(*) FROM known").fetchone()
    if known > MAX_KNOWN:
        database.execute(
            "DELETE FROM known WHERE amid IN (SELECT amid FROM known ORDER BY seen_at LIMIT ?)",
            (known - MAX_KNOWN,),
        )


def _unheard(_result: object) -> None:
    """Nobody waits for it: a letter that could not be removed is delivered once more."""
