"""What `doctor` sees of the daemon's process from outside: its socket, its lock, its twins."""

import fcntl
import itertools
import os
from pathlib import Path

from agentmesh.cli.checkup.ailment import Ailment
from agentmesh.control import places
from agentmesh.control.client import dial
from agentmesh.errors import AgentMeshError, NotRunning
from agentmesh.observability.findings import Finding

PROC = Path("/proc")
_MODULE = "agentmesh.daemon"


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


def twins(directory: Path, proc: Path = PROC) -> list[Ailment]:
    """Look whether two daemons run with this home, as far as this user may see."""
    pids = [pid for pid in map(_pid, proc.glob("[0-9]*")) if _is_daemon(proc / str(pid), directory)]
    if len(pids) < 2:
        return []
    why = f"{len(pids)} daemons run with {directory} (pids {', '.join(map(str, sorted(pids)))})."
    fix = f"End all but the one that `agentmesh status` names: kill {max(pids)}"
    return [Ailment(Finding("two_daemons", "error", why, fix))]


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


def _pid(entry: Path) -> int:
    return int(entry.name)


def _is_daemon(entry: Path, directory: Path) -> bool:
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
        if not any(pair == (b"-m", _MODULE.encode()) for pair in itertools.pairwise(words)):
            return False
        variables = (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return False  # it is gone, or somebody else's
    named = [it.partition(b"=")[2] for it in variables if it.startswith(b"AGENTMESH_HOME=")]
    theirs = Path(os.fsdecode(named[0])) if named else Path.home() / ".agentmesh"
    return theirs == directory
