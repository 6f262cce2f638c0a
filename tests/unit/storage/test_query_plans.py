"""What is asked often is answered by an index, however much is kept."""

import re
import sqlite3
from collections import defaultdict
from pathlib import Path
from typing import Any

from agentmesh.storage.changes import Confirm, Settle, SettleAll
from agentmesh.storage.cleaning import STATEMENTS
from agentmesh.storage.delivering import RELEASE
from agentmesh.storage.settling import EXPIRED, SETTLING, UNSETTLED
from agentmesh.storage.tables import COUNTS
from tests.support.stores import sqlite_store

_INBOX = "SELECT body FROM incoming WHERE row > 0 AND row > :after AND consumed_at IS NULL"
_OPEN = f"SELECT body FROM outgoing WHERE session_id = :session_id AND {UNSETTLED}"
_ANSWERED_BY = {
    COUNTS: "incoming_unread outgoing_open",
    EXPIRED: "outgoing_open",
    _OPEN: "outgoing_open",
    _INBOX: "incoming_unread",
    RELEASE: "incoming_waiting",
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
