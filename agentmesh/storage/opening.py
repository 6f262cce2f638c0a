"""Opening a database: there, ours, whole, up to date, and sealed with the key we hold."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from agentmesh.errors import IntegrityError, StorageError
from agentmesh.storage.connection import Connect, Connection, check, protect, set_up
from agentmesh.storage.failures import explain, explain_os, failure
from agentmesh.storage.reading import Damage, read, set_aside
from agentmesh.storage.schema import create, migrate
from agentmesh.storage.sealing import Sealer, place_of
from agentmesh.storage.tables import TABLES

_PROOF = b"agentmesh"
_COPIES = (1, 2)


class Opened(NamedTuple):
    """A connection to a database, and what did not fit when it was opened."""

    connection: Connection
    was_mended: bool
    damage: list[Damage]


def open_database(path: Path, sealer: Sealer, connect: Connect) -> Opened:
    """Open the database at `path`, which is made if there is none."""
    with _explained(path):
        protect(path)
        if not path.exists():
            create(path, connect)
        elif path.stat().st_size == 0:
            raise failure("database_corrupt", path)
        connection = _connected(path, connect)
        try:
            was_mended = check(connection, path)
            migrate(connection, path)
            _prove_key(connection, sealer)
            # A disk that takes no writes is refused now, not with the first message.
            connection.execute("UPDATE last_position SET value = value").fetchall()
            damage = _sweep(connection, sealer) if was_mended else []
        except BaseException:
            connection.close()
            raise
    return Opened(connection, was_mended, damage)


def another(path: Path, connect: Connect) -> Connection:
    """Return one more connection to a database that is open."""
    with _explained(path):
        return _connected(path, connect)


def _connected(path: Path, connect: Connect) -> Connection:
    connection = connect(path)
    try:
        set_up(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except UnicodeDecodeError as error:  # SQLite quotes a damaged schema in its message
        raise failure("database_corrupt", path) from error
    except OSError as error:
        raise explain_os(error, path) from error


def _sweep(connection: Connection, sealer: Sealer) -> list[Damage]:
    """Set aside every row that cannot be read: one whose key has changed nobody would ask for."""
    damage = []
    for table in TABLES.values():
        damage += read(connection, sealer, table, ("", ())).damage
    connection.execute("BEGIN IMMEDIATE").fetchall()
    set_aside(connection, damage)
    connection.execute("COMMIT").fetchall()
    return damage


def _prove_key(connection: Connection, sealer: Sealer) -> None:
    """Refuse a key that is not the database's: with it, every row would look damaged."""
    boxes = [box for (box,) in connection.execute("SELECT box FROM key_proof").fetchall()]
    if boxes and not any(_opens(sealer, copy, box) for box in boxes for copy in _COPIES):
        raise StorageError(
            "storage_key_wrong",
            "The database was sealed with another key.",
            "Put back the keys/ directory that belongs to it, or restore both from one backup.",
        )
    if not boxes:
        proofs = [(copy, sealer.seal(_place(copy), _PROOF)) for copy in _COPIES]
        connection.executemany("INSERT INTO key_proof VALUES (?, ?)", proofs).fetchall()


def _opens(sealer: Sealer, copy: int, box: bytes) -> bool:
    try:
        return sealer.open(_place(copy), box) == _PROOF
    except IntegrityError:
        return False


def _place(copy: int) -> bytes:
    return place_of("key_proof", (copy,), "box")
