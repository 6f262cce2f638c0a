"""What `doctor` sees of the daemon's process from outside: its socket, its lock."""

import fcntl
import os
from pathlib import Path

from agentmesh.control import places
from agentmesh.control.client import dial
from agentmesh.errors import AgentMeshError, NotRunning
from agentmesh.observability.checkup.ailment import Ailment
from agentmesh.observability.findings import Finding


def socket(directory: Path) -> list[Ailment]:
    """Look whether somebody listens, or did."""
    path = places.socket_in(directory)
    try:
        dial(path, os.environ).close()
    except NotRunning:
        return [_nobody_listens(directory, path)]
    except AgentMeshError as error:
        if error.code == "socket_path_too_long":
            finding = Finding("socket_path_too_long", "error", error.message, error.hint)
            return [Ailment(finding)]
        return [Ailment(Finding(error.code, "error", error.message, error.hint))]
    return []


def _nobody_listens(directory: Path, path: Path) -> Ailment:
    holder = _holder(directory)
    if holder is not None:
        why = f"A daemon (pid {holder or 'unknown'}) holds {directory}, and nobody hears it."
        fix = f"End it, nothing is lost: kill {holder}; agentmesh up" if holder else "agentmesh up"
        return Ailment(Finding("daemon_deaf", "error", why, fix))
    if path.exists():
        why = "The daemon ended without cleaning up its socket."
        finding = Finding("socket_stale", "warning", why, "Run `agentmesh up`.")
        return Ailment(finding, lambda: _remove(directory, path))
    why = "The daemon is not running: nothing is sent or received."
    return Ailment(Finding("not_running", "warning", why, "Run `agentmesh up`."))


def _remove(directory: Path, path: Path) -> str:
    """Remove a dead socket, unless a daemon took the home in the meantime."""
    if _holder(directory) is not None:
        return "A daemon is starting just now: its socket was left alone."
    path.unlink(missing_ok=True)
    return f"{path} was removed."


def _holder(directory: Path) -> str | None:
    """Return the pid of whoever holds the home's lock (empty: it did not say), None if nobody."""
    try:
        lock = os.open(directory / "run" / "daemon.lock", os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        said = os.pread(lock, 20, 0).decode("ascii", "replace").strip()
        return said if said.isdigit() else ""
    finally:
        os.close(lock)
    return None
