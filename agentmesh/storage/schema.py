"""The database's shape: numbered migrations; a new database appears whole or not at all."""

import os
import sqlite3
from importlib import resources
from pathlib import Path

from agentmesh.errors import StorageError
from agentmesh.storage.connection import Connect, Connection


def create(path: Path, connect: Connect) -> None:
    """Make a new database at `path`.

    It is made beside and then renamed: an empty file at `path` is damage, not a beginning.
    """
    fresh = path.with_name(path.name + ".new")
    for leftover in (fresh, Path(f"{fresh}-journal")):
        leftover.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    os.fchmod(descriptor, 0o600)
    os.close(descriptor)
    connection = connect(fresh)
    try:
        connection.execute("PRAGMA synchronous = FULL").fetchall()
        migrate(connection, path)
    finally:
        connection.close()
    os.replace(fresh, path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def migrate(connection: Connection, path: Path) -> None:
    """Bring the database up to date, in one transaction; refuse one of a newer AgentMesh."""
    scripts = _scripts()
    connection.execute("BEGIN IMMEDIATE").fetchall()
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_version (number INTEGER NOT NULL) STRICT"
        ).fetchall()
        found = connection.execute("SELECT max(number) FROM schema_version").fetchall()[0][0] or 0
        if found > len(scripts):
            raise StorageError(
                "database_newer",
                f"{path} was written by a newer AgentMesh (format {found}, we know "
                f"{len(scripts)}).",
                "Update AgentMesh, or use another home directory.",
            )
        for number, script in enumerate(scripts[found:], found + 1):
            for statement in _statements(script):
                connection.execute(statement).fetchall()
            connection.execute("INSERT INTO schema_version VALUES (?)", (number,)).fetchall()
        connection.execute("COMMIT").fetchall()
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK").fetchall()
        raise


def known_format() -> int:
    """Return the number of the format that this AgentMesh writes."""
    return len(_scripts())


def _scripts() -> list[str]:
    """Return the migrations in their order; the first is number 1."""
    folder = resources.files("agentmesh.storage") / "migrations"
    found = sorted((entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [entry.read_text("utf-8") for _, entry in found]


def _statements(script: str) -> list[str]:
    statements = []
    waiting = ""
    for line in script.splitlines(keepends=True):
        waiting += line
        if sqlite3.complete_statement(waiting):
            statements.append(waiting)
            waiting = ""
    return statements
