"""Reading rows; those that cannot be read are set aside and do not hide the others."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Generic, NamedTuple

from agentmesh.storage.connection import Connection
from agentmesh.storage.sealing import Sealer
from agentmesh.storage.tables import R, Table, Unreadable


class Damage(NamedTuple):
    """A row which is there and cannot be read."""

    table: Table[Any]
    row: int


class Found(NamedTuple, Generic[R]):
    """What a query found: rows, and the damage between them."""

    rows: list[R]
    damage: list[Damage]


Selection = tuple[str, Sequence[Any]]
"""What comes behind `FROM table`, and the values for its question marks."""


def read(connection: Connection, sealer: Sealer, table: Table[R], selection: Selection) -> Found[R]:
    """Return the selected rows of a table."""
    found: Found[R] = Found([], [])
    for columns in _columns(connection, table, selection):
        try:
            if isinstance(columns, Damage):
                found.damage.append(columns)
            else:
                found.rows.append(table.from_disk(columns, sealer))
        except Unreadable:
            found.damage.append(Damage(table, columns[0]))
    return found


def set_aside(connection: Connection, damage: Sequence[Damage]) -> None:
    """Move damaged rows to where they disturb nobody and a person may look at them."""
    for table, row in damage:
        content = ", ".join(f"hex({column})" for column in table.columns)
        copy = f"SELECT ?, json_array({content}) FROM {table.name} WHERE row = ?"  # noqa: S608
        connection.execute(
            "INSERT INTO damaged (table_name, content) " + copy, (table.name, row)
        ).fetchall()
        connection.execute(
            f"DELETE FROM {table.name} WHERE row = ?",  # noqa: S608 - a name of our own
            (row,),
        ).fetchall()


def _columns(connection: Connection, table: Table[Any], selection: Selection) -> list[Any]:
    tail, values = selection
    try:
        return connection.execute(table.select + tail, values).fetchall()
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None):
            raise
    # A text of some row is no text any more; one by one, the others still can be read.
    numbers = connection.execute(
        table.select.replace(", ".join(table.columns), "0") + tail, values
    ).fetchall()
    return [_row(connection, table, number) for number, _ in numbers]


def _row(connection: Connection, table: Table[Any], row: int) -> Any:
    try:
        return connection.execute(table.select + "WHERE row = ?", (row,)).fetchall()[0]
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None):
            raise
        return Damage(table, row)
