"""Opening a database: there, ours, whole, up to date, and sealed with the key we hold."""

import sqlite3
from pathlib import Path

from agentmesh.errors import IntegrityError, StorageError
from agentmesh.storage.connection import Connect, Connection, check, protect, set_up
from agentmesh.storage.failures import explain, explain_os, failure
from agentmesh.storage.schema import create, migrate
from agentmesh.storage.sealing import Sealer, place_of

_PROOF = b"agentmesh"
_COPIES = (1, 2)


def open_database(path: Path, sealer: Sealer, connect: Connect) -> Connection:
    """Return a connection to the database at `path`, which is made if there is none."""
    try:
        protect(path)
        if not path.exists():
            create(path, connect)
        elif path.stat().st_size == 0:
            raise failure("database_corrupt", path)
        return _opened(path, sealer, connect)
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except OSError as error:
        raise explain_os(error, path) from error


def another(path: Path, connect: Connect) -> Connection:
    """Return one more connection to a database that is open."""
    try:
        connection = connect(path)
        set_up(connection, path)
    except sqlite3.Error as error:
        raise explain(error, path) from error
    return connection


def _opened(path: Path, sealer: Sealer, connect: Connect) -> Connection:
    connection = connect(path)
    try:
        set_up(connection, path)
        check(connection, path)
        migrate(connection, path)
        _prove_key(connection, sealer)
    except BaseException:
        connection.close()
        raise
    return connection


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
