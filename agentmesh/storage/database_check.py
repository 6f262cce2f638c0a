"""What `doctor` says about a database that no daemon is at work on. It needs no key."""

import contextlib
import sqlite3
from pathlib import Path
from urllib.parse import quote

from agentmesh.observability.findings import Finding
from agentmesh.storage.schema import known_format

CHECKED_BYTES = 256 * 1024 * 1024
"""Reading a larger database through takes too long."""


def check_database(path: Path) -> list[Finding]:
    """Return whether the database is whole, and of a format that we know."""
    if not path.is_file() or path.stat().st_size > CHECKED_BYTES:
        return []
    try:
        found = _format(path) if path.stat().st_size else None
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if isinstance(error, sqlite3.OperationalError):
            return []  # it cannot be looked into now, which is no damage
        found = None
    if found is None:
        return [_damaged(path)]
    if found > known_format():
        why = f"A newer AgentMesh wrote {path} (format {found}, we know {known_format()})."
        fix = "Update AgentMesh, or set AGENTMESH_HOME to another directory."
        return [Finding("database_newer", "error", why, fix)]
    return []


def formats(path: Path) -> dict[str, int | None]:
    """Return the number of the database's format (None: there is none to be seen), and of ours."""
    try:
        found = _format(path) if path.is_file() else None
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        found = None
    return {"format": found, "ours": known_format()}


def _format(path: Path) -> int | None:
    """Return the number of the database's format, None if it is damaged."""
    with contextlib.closing(
        sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=1)
    ) as opened:
        if opened.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
            return None
        try:
            ((number,),) = opened.execute("SELECT max(number) FROM schema_version").fetchall()
        except sqlite3.OperationalError:
            return 0  # whole, and without a format: the daemon gives it one
    return number or 0


def _damaged(path: Path) -> Finding:
    why = f"{path} is damaged, and no daemon starts with it."
    aside = path.parent / "damaged"
    fix = (
        "Put a backup in its place. Without one, set it aside and begin anew: "
        f"mkdir -m 700 '{aside}' && mv '{path}'* '{aside}' && agentmesh up. "
        "This agent stays who it is; its contacts, sessions and messages are lost."
    )
    return Finding("database_corrupt", "error", why, fix)
