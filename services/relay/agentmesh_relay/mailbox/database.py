"""The mailbox's file: opened and brought up to date, or said why that cannot be."""

import sqlite3
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryFile

from agentmesh.errors import AgentMeshError, StorageError
from agentmesh_relay.place import unusable

PROBE_BYTES = 64 * 1024
"""What SQLite wants for its own before there is a single letter."""

Connect = Callable[[Path], sqlite3.Connection]


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection which one thread at a time may use."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def opened(path: Path, max_file_bytes: int, connect: Connect) -> sqlite3.Connection:
    """Return a connection to the file, which is made if it is not there."""
    try:
        database = connect(path)
    except sqlite3.Error as error:
        raise _why(error, path) from None
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        page = int(database.execute("PRAGMA page_size").fetchone()[0])
        database.execute(f"PRAGMA max_page_count = {max_file_bytes // page}")
        _migrate(database)
    except sqlite3.Error as error:
        database.close()
        raise _why(error, path) from None
    return database


def _migrate(database: sqlite3.Connection) -> None:
    """Run the numbered files that this database has not seen."""
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    steps = sorted(
        (step for step in files("agentmesh_relay.mailbox").iterdir() if step.name.endswith(".sql")),
        key=lambda step: step.name,
    )
    for number, step in enumerate(steps, start=1):
        if number > version:
            script = step.read_text(encoding="utf-8")
            database.executescript(f"BEGIN;{script};PRAGMA user_version = {number};COMMIT;")


def _why(error: sqlite3.Error, path: Path) -> AgentMeshError:
    """Return what the system says, which knows more of it than SQLite tells."""
    try:
        with path.open("ab"), TemporaryFile(dir=path.parent) as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
    except OSError as trouble:
        return unusable(path, trouble)
    return StorageError(
        "storage_failed",
        f"The mailbox {path} cannot be opened: {error}.",
        f"Look at its disk. If {path.name} is damaged, move it away: senders send again.",
    )
