"""What `doctor` can see without the daemon: this Python, this home, this disk."""

import contextlib
import shutil
import sqlite3
import stat
import sys
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

from agentmesh.control import places
from agentmesh.control.client import dial
from agentmesh.errors import AgentMeshError, NotRunning
from agentmesh.observability.findings import Finding, Severity

FLOOR = (3, 11)
LOW_DISK = 500 * 1024 * 1024
NO_DISK = 50 * 1024 * 1024
CHECKED_BYTES = 256 * 1024 * 1024
"""Reading a larger database through takes too long."""
_PRIVATE_PLACES = ("", "keys", "run", "logs")


def python() -> list[Finding]:
    """Look whether this Python is new enough, and whether `agentmesh` means us."""
    found = []
    if sys.version_info < FLOOR:
        found.append(
            Finding(
                "python_too_old", "error", "AgentMesh needs Python 3.11.", "Install a newer Python."
            )
        )
    try:
        version = metadata.version("agentmesh")
    except metadata.PackageNotFoundError:
        return found
    why = f"Another project's package `agentmesh` {version} is installed here and may shadow ours."
    found.append(Finding("foreign_agentmesh", "error", why, "Run `pip uninstall agentmesh`."))
    return found


def home(directory: Path) -> list[Finding]:
    """Look whether there is a home, closed to others."""
    if not directory.is_dir():
        why = f"There is no home {directory} yet."
        return [Finding("no_home", "note", why, "Run `agentmesh up`.")]
    found = []
    for place in (directory / name for name in _PRIVATE_PLACES):
        if place.is_dir() and _open_to_others(place):
            why = f"Others on this machine can enter {place}."
            found.append(Finding("directory_open", "error", why, f"Run `chmod 700 '{place}'`."))
    for file in _private_files(directory):
        why = f"Others on this machine can read {file}."
        found.append(Finding("file_open", "error", why, f"Run `chmod 600 '{file}'`."))
    return found


def disk(directory: Path) -> list[Finding]:
    """Look whether there is room to keep messages."""
    existing = next(it for it in (directory, *directory.parents) if it.exists())
    free = shutil.disk_usage(existing).free
    if free >= LOW_DISK:
        return []
    why = f"Only {free // 1024**2} MiB are free on the disk of {existing}."
    severity: Severity = "error" if free < NO_DISK else "warning"
    return [Finding("disk_low", severity, why, "Make room: what cannot be saved is not sent.")]


def socket(directory: Path) -> list[Finding]:
    """Look whether somebody listens, or did."""
    path = places.socket_in(directory)
    try:
        dial(path, {}).close()
    except NotRunning:
        if path.exists():
            why = "The daemon ended without cleaning up its socket."
            return [Finding("socket_stale", "warning", why, "Run `agentmesh up`.")]
        why = "The daemon is not running: nothing is sent or received."
        return [Finding("not_running", "warning", why, "Run `agentmesh up`.")]
    except AgentMeshError as error:
        return [Finding(error.code, "error", error.message, error.hint)]
    return []


def database(directory: Path) -> list[Finding]:
    """Look whether the database is whole, where no daemon is at work on it."""
    path = directory / "agentmesh.db"
    if not path.is_file() or path.stat().st_size > CHECKED_BYTES or _is_whole(path):
        return []
    why = f"{path} is damaged, and no daemon starts with it."
    aside = directory / "damaged"
    fix = (
        "Put a backup in its place. Without one, set it aside and begin anew: "
        f"mkdir -m 700 '{aside}' && mv '{path}'* '{aside}' && agentmesh up. "
        "This agent stays who it is; its contacts, sessions and messages are lost."
    )
    return [Finding("database_corrupt", "error", why, fix)]


def _is_whole(path: Path) -> bool:
    if path.stat().st_size == 0:
        return False
    try:
        with contextlib.closing(
            sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=1)
        ) as opened:
            return bool(opened.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)])
    except sqlite3.OperationalError:
        return True  # it cannot be looked into now, which is no damage
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False


def _private_files(directory: Path) -> list[Path]:
    """Return the files that only the owner should read, and others can."""
    within = (*directory.glob("*"), *directory.glob("keys/*"), *directory.glob("logs/*"))
    return [it for it in within if not it.is_symlink() and it.is_file() and _open_to_others(it)]


def _open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
