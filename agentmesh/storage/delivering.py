"""Incoming messages as SQL: what the agent may see lies at its position, the rest below zero.

A message below zero waits for others before it. Where none is missing, as is nearly always the
case, a message is written where it belongs at once.
"""

from collections.abc import Sequence

from agentmesh.protocol.ids import Amid, MessageId
from agentmesh.storage.changes import Release
from agentmesh.storage.connection import Connection, Values
from agentmesh.storage.rows import IncomingRow
from agentmesh.storage.sealing import Sealer
from agentmesh.storage.tables import INCOMING, as_json

_LAST = "max((SELECT value FROM last_position), ifnull((SELECT max(row) FROM incoming), 0))"
_LOWEST = "min(ifnull((SELECT min(row) FROM incoming), 0), 0)"

RELEASE = f"""
UPDATE incoming SET row = numbered.position
FROM (
  SELECT row, row_number() OVER (ORDER BY sequence, row DESC) + {_LAST} AS position
  FROM incoming WHERE session_id = :session_id AND row < 0 AND sequence <= :up_to
) AS numbered
WHERE incoming.row = numbered.row
"""  # noqa: S608 - put together from the words above
FIRST_OF_ID = "ORDER BY row < 0, abs(row) LIMIT 1"
"""Which of several messages of one id is meant: the one that was shown first."""
_BEHIND = "WHERE row > +? AND row > 0 AND ifnull(?, peer) = peer"
"""SQLite seeks by the first bound and only checks the second, which leads it to the index.

A bare `?` it would compare with the index's own bound, and plan anew for each value it has.
"""
SHOWN_BEHIND = f"{_BEHIND} ORDER BY row LIMIT ?"
UNREAD_BEHIND = f"{_BEHIND} AND consumed_at IS NULL ORDER BY row LIMIT ?"
_WAITS = "SELECT EXISTS (SELECT 1 FROM incoming WHERE session_id = ? AND row < 0)"
REMEMBERED = "SELECT id FROM seen WHERE peer = ? AND id IN (SELECT value FROM json_each(?))"


def _insert(row: str) -> str:
    """Return what inserts a message: values. What a query finds, SQLite would first copy aside."""
    kept = {name: mark for name, mark in INCOMING.marks.items() if name != "position"}
    return f"""
        INSERT INTO incoming (row, {", ".join(kept)}) VALUES ({row}, {", ".join(kept.values())})
        ON CONFLICT DO NOTHING
    """  # noqa: S608


SHOW, KEEP_BACK = _insert(f"{_LAST} + 1"), _insert(f"{_LOWEST} - 1")


def deliver(
    connection: Connection, sealer: Sealer, rows: Sequence[IncomingRow], then: Sequence[Release]
) -> bool:
    """Keep messages that came, unless they came before; `then` is what is released after them.

    Return whether that is done with it: they were next, and no other waits.
    """
    are_next = _are_next(connection, rows, then)
    known = _remembered(connection, rows)
    values: list[Values] = [
        INCOMING.to_disk(row, sealer) for row in rows if (row.peer, row.message_id) not in known
    ]
    connection.executemany(SHOW if are_next else KEEP_BACK, values).fetchall()
    return are_next


def _remembered(connection: Connection, rows: Sequence[IncomingRow]) -> set[tuple[Amid, MessageId]]:
    """Return whose ids among these were taken before, and are never taken again."""
    names = as_json(tuple(row.message_id for row in rows))
    return {
        (peer, message_id)
        for peer in {row.peer for row in rows}
        for (message_id,) in connection.execute(REMEMBERED, (peer, names)).fetchall()
    }


def _are_next(connection: Connection, rows: Sequence[IncomingRow], then: Sequence[Release]) -> bool:
    """Whether messages are shown at once, in this order, and nothing that waits comes between."""
    if len(then) != 1 or any(row.session_id != then[0].session_id for row in rows):
        return False
    numbers = [row.sequence for row in rows]
    if numbers != sorted(numbers) or numbers[-1] > then[0].up_to:
        return False
    ((waits,),) = connection.execute(_WAITS, (then[0].session_id,)).fetchall()
    return not waits
