"""Changes as SQL: for each kind the statements that carry it out, in `interface`'s words."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
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
    Move,
    Put,
    Release,
    Remember,
    Renew,
    SetValue,
)
from agentmesh.storage.connection import Connection, Values
from agentmesh.storage.delivering import FIRST_OF_ID, RELEASE, deliver
from agentmesh.storage.rows import Row
from agentmesh.storage.sealing import Sealer
from agentmesh.storage.settling import SETTLING, UNSETTLED
from agentmesh.storage.tables import NAMED, PREKEYS, TABLES, Named, as_json


class _DropValue(SetValue, frozen=True):
    """What a value that is set to nothing comes to."""


_moved = attrgetter("session_id", "sequence", "frame_id", "outcome", "reason", "message_id")
"""What the statement of `Move` takes, in its order."""
_STATEMENTS: dict[type[Change], tuple[str, ...]] = {
    **SETTLING,
    Release: (RELEASE,),
    Move: (
        f"""
        UPDATE outgoing SET session_id = ?, sequence = ?, frame_id = ?, outcome = ?, reason = ?
        WHERE message_id = ? AND {UNSETTLED}
        """,  # noqa: S608 - our own words
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
        f"""
        UPDATE incoming SET consumed_at = :at
        WHERE consumed_at IS NULL AND row = (
          SELECT row FROM incoming WHERE message_id = :message_id AND ifnull(:peer, peer) = peer
          {FIRST_OF_ID}
        )
        """,  # noqa: S608 - our own words
    ),
    Remember: (
        """
        INSERT INTO seen (peer, id, until) VALUES (:peer, :id, :until)
        ON CONFLICT DO UPDATE SET until = max(until, excluded.until)
        """,
    ),
    SetValue: (NAMED.put,),
    _DropValue: ("DELETE FROM named WHERE name = :name",),
}


_PAGE_BYTES = 4096
_PAGES_OF_COMMIT = 8
"""What even the smallest commit writes: a row, its indexes, and what they hang on."""


def pages(changes: Sequence[Change]) -> int:
    """Return about how many pages of the file changes write: one each, and what they keep."""
    kept = sum(
        len(getattr(change.row, "body", b""))
        for change in changes
        if isinstance(change, Put | Deliver)
    )
    return _PAGES_OF_COMMIT + len(changes) + kept // _PAGE_BYTES


def apply(connection: Connection, sealer: Sealer, changes: Sequence[Change]) -> None:
    """Carry out the changes in their order; the caller holds the transaction."""
    runs: list[tuple[type, list[Any]]] = [
        (kind, list(run)) for kind, run in groupby(changes, key=_kind)
    ]
    is_released = False
    for place, (kind, run) in enumerate(runs):
        if kind is Deliver:
            then = runs[place + 1][1] if runs[place + 1 :] and runs[place + 1][0] is Release else []
            is_released = deliver(connection, sealer, [change.row for change in run], then)
        elif is_released:
            is_released = False  # what comes behind them would release them
        else:
            _carry_out(connection, *_prepare(kind, run, sealer))


def _carry_out(connection: Connection, statements: Sequence[str], run: Sequence[Values]) -> None:
    if len(statements) == 1:
        connection.executemany(statements[0], run).fetchall()
        return
    for values in run:
        for statement in statements:
            connection.execute(statement, values).fetchall()


def _kind(change: Change) -> type[Change] | type[Row]:
    if isinstance(change, Put):
        return type(change.row)
    is_dropped = isinstance(change, SetValue) and not change.value
    return _DropValue if is_dropped else type(change)


def _prepare(
    kind: type[Change] | type[Row], run: Sequence[Any], sealer: Sealer
) -> tuple[Sequence[str], list[Values]]:
    if issubclass(kind, Row):
        table = TABLES[kind]
        return (table.put,), [table.to_disk(put.row, sealer) for put in run]
    if kind is Renew:
        return _STATEMENTS[kind], [PREKEYS.to_disk(change.row, sealer) for change in run]
    if kind is SetValue:
        values = [Named(name=change.name, value=change.value) for change in run]
        return _STATEMENTS[kind], [NAMED.to_disk(value, sealer) for value in values]
    if kind is Move:
        return _STATEMENTS[kind], [_moved(change.row) for change in run]
    return _STATEMENTS[kind], [_columns(change) for change in run]


def _columns(change: Change) -> dict[str, Any]:
    columns = msgspec.structs.asdict(change)
    columns.setdefault("reason", "")  # a confirmation gives none
    for name, value in columns.items():
        if isinstance(value, tuple):
            columns[name] = as_json(value)
    return columns
