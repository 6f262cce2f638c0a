"""A registry's tables in one SQLite file, and back from it: into SQLite or PostgreSQL.

What was seen of requests (`nonces`) stays behind: it is over within minutes.
"""

from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from agentmesh.errors import IntegrityError, UsageError
from agentmesh_registry.storage.tables import (
    agents,
    log_entries,
    log_trees,
    metadata,
    nonces,
    secrets,
)

_AT_ONCE = 1000
TABLES = [table for table in metadata.sorted_tables if table is not nonces]
_NEVER_EMPTY = (log_trees, secrets)


class Copied(NamedTuple):
    """How much was copied."""

    agents: int
    log_entries: int


def copy_out(connection: sa.Connection, file: Path) -> Copied:
    """Copy all tables into a new SQLite file. The transaction has to see one moment only."""
    engine = _engine(file)
    try:
        with engine.begin() as target:
            metadata.create_all(target)
            return _copy(connection, target)
    finally:
        engine.dispose()


def copy_in(connection: sa.Connection, file: Path) -> Copied:
    """Copy all tables from such a file into an empty registry."""
    tables = [table for table in TABLES if table not in _NEVER_EMPTY]
    used = [table.name for table in tables if _has_rows(connection, table)]
    if used:
        raise UsageError(
            "registry_in_use",
            f"There is a registry in this database already ({', '.join(used)}).",
            "Restore into a new database: --database sqlite:////path/to/new.db",
        )
    for table in _NEVER_EMPTY:
        connection.execute(sa.delete(table))
    engine = _engine(file)
    try:
        with engine.connect() as source:
            return _copy(source, connection)
    except sa.exc.DatabaseError as error:
        if error.connection_invalidated or "sqlite3" not in type(error.orig).__module__:
            raise
        raise IntegrityError(
            "not_a_backup",
            f"{file} is no backup of a registry, or it is damaged.",
            "One of another version is restored by that version; then: agentmesh-registry migrate",
        ) from None
    finally:
        engine.dispose()


def _engine(file: Path) -> sa.Engine:
    return sa.create_engine(sa.URL.create("sqlite+pysqlite", database=str(file)))


def _has_rows(connection: sa.Connection, table: sa.Table) -> bool:
    return (
        connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None
    )


def _copy(source: sa.Connection, target: sa.Connection) -> Copied:
    copied = {table.name: 0 for table in TABLES}
    for table in TABLES:
        key = list(table.primary_key)
        order = sa.tuple_(*key)
        after: tuple[object, ...] | None = None
        while True:
            query = sa.select(table).order_by(*key).limit(_AT_ONCE)
            if after is not None:
                query = query.where(order > sa.tuple_(*map(sa.literal, after)))
            rows = source.execute(query).mappings().all()
            if rows:
                target.execute(sa.insert(table), [dict(row) for row in rows])
                after = tuple(rows[-1][column.name] for column in key)
            copied[table.name] += len(rows)
            if len(rows) < _AT_ONCE:
                break
    return Copied(copied[agents.name], copied[log_entries.name])
