"""What is asked often is answered by an index, however much is kept."""

import re
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from agentmesh.protocol.ids import MessageId
from agentmesh.storage.changes import Confirm, Deliver, Put, Release, Settle, SettleAll
from agentmesh.storage.cleaning import STATEMENTS
from agentmesh.storage.delivering import (
    KEEP_BACK,
    RELEASE,
    REMEMBERED,
    SHOW,
    SHOWN_BEHIND,
    UNREAD_BEHIND,
)
from agentmesh.storage.interface import Store
from agentmesh.storage.settling import EXPIRED, SETTLING, UNSETTLED
from agentmesh.storage.tables import COUNTS, INCOMING, TABLES
from tests.support.stores import ONE, errand, incoming, outgoing, session, sqlite_store

_OPEN = f"SELECT body FROM outgoing WHERE session_id = :session_id AND {UNSETTLED}"
_ANSWERED_BY = {
    COUNTS: "incoming_unread outgoing_open",
    EXPIRED: "outgoing_open",
    _OPEN: "outgoing_open",
    INCOMING.select + UNREAD_BEHIND: "incoming_unread",
    RELEASE: "incoming_waiting",
    REMEMBERED: "PRIMARY KEY",
    **dict.fromkeys(SETTLING[Confirm], "outgoing_"),
    **dict.fromkeys(SETTLING[SettleAll], "outgoing_open"),
    **dict.fromkeys(SETTLING[Settle], "sqlite_autoindex_outgoing_1"),
    **dict.fromkeys(STATEMENTS, ""),
}


async def test_no_question_of_each_turn_reads_a_table_through(tmp_path: Path) -> None:
    async with sqlite_store(tmp_path):
        pass
    connection = sqlite3.connect(tmp_path / "agentmesh.db")
    for question, indexes in _ANSWERED_BY.items():
        nothing = defaultdict[str, None](lambda: None)
        values: Any = nothing if ":" in question else [None] * question.count("?")
        rows = connection.execute("EXPLAIN QUERY PLAN " + question, values).fetchall()
        plan = "\n".join(row[3] for row in rows)
        assert not re.search(r"SCAN (outgoing|incoming|errands|seen|sessions)$", plan, re.M), plan
        assert all(name in plan for name in indexes.split()), plan
    connection.close()


async def test_a_row_is_written_where_it_belongs_and_copied_nowhere_before(tmp_path: Path) -> None:
    async with sqlite_store(tmp_path):
        pass
    connection = sqlite3.connect(tmp_path / "agentmesh.db")
    puts = [table.put for table in TABLES.values() if table is not INCOMING]
    for statement in (SHOW, KEEP_BACK, *puts):
        values = [None] * max(map(int, re.findall(r"\?(\d+)", statement)))
        steps = connection.execute("EXPLAIN " + statement, values).fetchall()
        assert not {"OpenEphemeral", "InitCoroutine"} & {step[1] for step in steps}, statement
    connection.close()


@pytest.mark.parametrize("tail", [SHOWN_BEHIND, UNREAD_BEHIND])
async def test_a_page_costs_the_same_however_much_lies_before_it(tmp_path: Path, tail: str) -> None:
    count = 300
    async with sqlite_store(tmp_path) as store:
        rows = [incoming(str(number), number) for number in range(1, count + 1)]
        await store.commit([*map(Deliver, rows), Release(ONE, count)])
    connection = sqlite3.connect(tmp_path / "agentmesh.db")
    steps: list[int] = []

    def asked(after: int) -> int:
        steps.clear()
        found = connection.execute(INCOMING.select + tail, (after, None, 5)).fetchall()
        assert [row[0] for row in found] == list(range(after + 1, after + 6))
        return len(steps)

    connection.set_progress_handler(lambda: steps.append(1), 1)
    asked(0)  # the first one reads the schema, too
    assert asked(count - 5) == asked(0)
    connection.close()


async def test_what_each_turn_asks_is_planned_once(tmp_path: Path) -> None:
    planned: list[str] = []

    def watched(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.set_authorizer(lambda *what: planned.append(str(what)) or sqlite3.SQLITE_OK)
        return connection

    async with sqlite_store(tmp_path, watched) as store:
        for number in range(1, 4):
            planned.clear()
            await _talk(store, number)
    assert not planned


async def _talk(store: Store, number: int) -> None:
    """Say a message, hear its answer and show it: each time with other values."""
    said = outgoing(f"said {number}", sequence=number, frame_id=f"frame {number}", outcome="queued")
    await store.commit([Put(session()), Put(said), Put(errand(f"frame {number}"))])
    heard = Deliver(incoming(f"heard {number}", number))
    confirmed = Confirm(ONE, number, (), "delivered")
    await store.commit([Put(session()), confirmed, heard, Release(ONE, number)])
    for unread in (True, False):
        await store.inbox(unread=unread, peer=None, after=number - 1, limit=100)
    await store.outgoing(MessageId(f"said {number}"))
    await store.unsettled(ONE)
    await store.held(ONE)
    await store.sessions(said.peer)
