"""Whether two daemons run with one home."""

import itertools
import os
from pathlib import Path

from agentmesh.observability.checkup.ailment import Ailment
from agentmesh.observability.findings import Finding

PROC = Path("/proc")
_MODULE = b"agentmesh.daemon"


def twins(directory: Path, proc: Path = PROC) -> list[Ailment]:
    """Look whether two daemons run with this home, as far as this user may see."""
    pids = [pid for pid in map(_pid, proc.glob("[0-9]*")) if _is_daemon(proc / str(pid), directory)]
    if len(pids) < 2:
        return []
    why = f"{len(pids)} daemons run with {directory} (pids {', '.join(map(str, sorted(pids)))})."
    fix = f"End all but the one that `agentmesh status` names: kill {max(pids)}"
    return [Ailment(Finding("two_daemons", "error", why, fix))]


def _pid(entry: Path) -> int:
    return int(entry.name)


def _is_daemon(entry: Path, directory: Path) -> bool:
    try:
        words = (entry / "cmdline").read_bytes().split(b"\0")
        if not any(pair == (b"-m", _MODULE) for pair in itertools.pairwise(words)):
            return False
        variables = (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return False  # it is gone, or somebody else's
    named = [it.partition(b"=")[2] for it in variables if it.startswith(b"AGENTMESH_HOME=")]
    theirs = Path(os.fsdecode(named[0])) if named else Path.home() / ".agentmesh"
    return theirs == directory
