"""Changes as SQL: for each kind the statements that carry it out, in `interface`'s words."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import msgspec

from agentmesh.storage.changes import (
    Change,
    Consume,
    Deliver,
    DropCard,
    DropContact,
    DropErrand,
    DropErrands,
    DropPrekey,
    DropSession,
    Judge,
    Put,
    Release,
    Remember,
    Renew,
    SetValue,
)
from agentmesh.storage.connection import Connection
from agentmesh.storage.rows import Row
from agentmesh.storage.sealing import Sealer
from agentmesh.storage.settling import SETTLING
from agentmesh.storage.tables import INCOMING, NAMED, PREKEYS, TABLES, Named, as_json

# A run of changes of one kind is carried out statement by statement: each first statement, then
# each second one. The statements are such that this comes to the same as change by change.
_UNLESS_SEEN = """
WHERE NOT EXISTS (SELECT 1 FROM seen WHERE peer = :peer AND id = :message_id)
ON CONFLICT DO NOTHING
"""
_STATEMENTS: dict[type[Change], tuple[str, ...]] = {
    **SETTLING,
    Release: (
        """
        UPDATE incoming SET position = numbered.position
        FROM (
          SELECT row, row_number() OVER (ORDER BY sequence, row) + (
            SELECT max(value, ifnull((
              SELECT max(position) FROM incoming WHERE position IS NOT NULL
            ), 0)) FROM last_position
          ) AS position
          FROM incoming
          WHERE session_id = :session_id AND position IS NULL AND sequence <= :up_to
        ) AS numbered
        WHERE incoming.row = numbered.row
        """,
        """
        UPDATE last_position
        SET value = max(value, ifnull((
          SELECT max(position) FROM incoming WHERE position IS NOT NULL
        ), 0))
        """,
    ),
    Judge: (
        """
        UPDATE knocks SET verdict = :verdict, reason = :reason
        WHERE knock_id = :knock_id AND verdict = 'pending'
        """,
    ),
    DropErrand: ("DELETE FROM errands WHERE errand_id = :errand_id",),
    DropErrands: ("DELETE FROM errands WHERE session_id = :session_id AND :kind IN (kind, '')",),
    Renew: (PREKEYS.renew,),
    DropPrekey: ("DELETE FROM prekeys WHERE kind = :kind AND id = :id",),
    DropSession: (
        "DELETE FROM sessions WHERE session_id = :session_id",
        "DELETE FROM errands WHERE session_id = :session_id",
    ),
    DropCard: ("DELETE FROM cards WHERE drawer = :drawer AND name = :name",),
    DropContact: ("DELETE FROM contacts WHERE amid = :amid",),
    Consume: (
        """
        UPDATE incoming SET consumed_at = :at
        WHERE consumed_at IS NULL AND row = (
          SELECT row FROM incoming WHERE message_id = :message_id AND ifnull(:peer, peer) = peer
          ORDER BY row LIMIT 1
        )
        """,
    ),
    Remember: (
        """
        INSERT INTO seen (peer, id, until) VALUES (:peer, :id, :until)
        ON CONFLICT DO UPDATE SET until = max(until, excluded.until)
        """,
    ),
    SetValue: (NAMED.put, "DELETE FROM named WHERE name = :name AND value = x''"),
}


def apply(connection: Connection, sealer: Sealer, changes: Sequence[Change]) -> None:
    """Carry out the changes in their order; the caller holds the transaction."""
    for kind, run in groupby(changes, key=_kind):
        statements, values = _prepare(kind, list(run), sealer)
        for statement in statements:
            connection.executemany(statement, values).fetchall()


def _kind(change: Change) -> type[Change] | type[Row]:
    return type(change.row) if isinstance(change, Put) else type(change)


def _prepare(
    kind: type[Change] | type[Row], run: Sequence[Any], sealer: Sealer
) -> tuple[Iterable[str], list[dict[str, Any]]]:
    if issubclass(kind, Row):
        table = TABLES[kind]
        return (table.put,), [table.to_disk(put.row, sealer) for put in run]
    if kind is Deliver:
        return (INCOMING.insert + _UNLESS_SEEN,), [
            INCOMING.to_disk(change.row, sealer) for change in run
        ]
    if kind is Renew:
        return _STATEMENTS[kind], [PREKEYS.to_disk(change.row, sealer) for change in run]
    if kind is SetValue:
        return _STATEMENTS[kind], [_value(change, sealer) for change in run]
    return _STATEMENTS[kind], [_columns(change) for change in run]


def _value(change: SetValue, sealer: Sealer) -> dict[str, Any]:
    if not change.value:
        return {"name": change.name, "value": b""}
    return NAMED.to_disk(Named(name=change.name, value=change.value), sealer)


def _columns(change: Change) -> dict[str, Any]:
    columns = msgspec.structs.asdict(change)
    columns.setdefault("reason", "")  # a confirmation gives none
    for name, value in columns.items():
        if isinstance(value, tuple):
            columns[name] = as_json(value)
    return columns
