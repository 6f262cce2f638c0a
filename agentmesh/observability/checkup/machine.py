"""What `doctor` sees of this machine: Python, user, limits, disk."""

import os
import resource
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from agentmesh.observability.checkup.ailment import Ailment
from agentmesh.observability.findings import Finding, Severity

FLOOR = (3, 11)
FEW_FILES = 1024
FEW_INODES = 1000
LOW_DISK = 500 * 1024 * 1024
NO_DISK = 50 * 1024 * 1024
UNITS = "agentmesh*.service"


class Surroundings(NamedTuple):
    """Where this process runs. Limits: -1 is none."""

    is_root: bool
    core_bytes: int
    files: int
    has_swap: bool
    systemd: bool
    units: tuple[Path, ...]


def surroundings(root: Path = Path("/")) -> Surroundings:
    """Return where we run, as the system under `root` tells."""
    units = (Path.home() / ".config/systemd/user", root / "etc/systemd/system")
    return Surroundings(
        is_root=os.geteuid() == 0,
        core_bytes=resource.getrlimit(resource.RLIMIT_CORE)[0],
        files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        has_swap=_has_swap(root / "proc/swaps"),
        systemd=(root / "run/systemd/system").is_dir(),
        units=tuple(it for it in units if it.is_dir()),
    )


def python() -> list[Ailment]:
    """Look whether this Python is new enough, and whether `agentmesh` means us."""
    found = []
    if sys.version_info < FLOOR:
        why = "AgentMesh needs Python 3.11."
        found.append(Finding("python_too_old", "error", why, "Install a newer Python."))
    try:
        version = metadata.version("agentmesh")
    except metadata.PackageNotFoundError:
        return [Ailment(it) for it in found]
    why = f"Another project's package `agentmesh` {version} is installed here and may shadow ours."
    found.append(Finding("foreign_agentmesh", "error", why, "Run `pip uninstall agentmesh`."))
    return [Ailment(it) for it in found]


def process(around: Surroundings) -> list[Ailment]:
    """Look at what a daemon that is started from here may do, and what may happen to it."""
    found = []
    if around.is_root:
        why = "This is root: whoever gets the better of the agent has the machine."
        fix = "Give the agent a user of its own: useradd -m agent && su - agent"
        found.append(Finding("running_as_root", "warning", why, fix))
    if around.core_bytes != 0:
        why = "Core dumps are on: a crash would write the keys in memory to the disk."
        found.append(
            Finding("core_dumps_on", "warning", why, "ulimit -c 0; agentmesh down; agentmesh up")
        )
    if around.has_swap:
        why = "There is swap: memory with keys in it may be written to the disk."
        found.append(Finding("swap_on", "note", why, "Encrypt the swap, or: swapoff -a"))
    if 0 <= around.files < FEW_FILES:
        why = f"Only {around.files} files may be open at once."
        fix = f"ulimit -n {FEW_FILES}; agentmesh down; agentmesh up"
        found.append(Finding("file_limit_low", "warning", why, fix))
    if around.systemd and not any(any(place.glob(UNITS)) for place in around.units):
        why = "No service starts the daemon after a boot."
        fix = "agentmesh service install"
        found.append(Finding("service_missing", "note", why, fix))
    return [Ailment(it) for it in found]


def disk(directory: Path) -> list[Ailment]:
    """Look whether there is room to keep messages."""
    existing = next(it for it in (directory, *directory.parents) if it.exists())
    found = []
    free = shutil.disk_usage(existing).free
    if free < LOW_DISK:
        why = f"Only {free // 1024**2} MiB are free on the disk of {existing}."
        severity: Severity = "error" if free < NO_DISK else "warning"
        fix = f"Make room, what cannot be saved is not sent: du -x -h '{existing}' | sort -h | tail"
        found.append(Finding("disk_low", severity, why, fix))
    volume = os.statvfs(existing)
    if volume.f_files and volume.f_favail < FEW_INODES:
        why = f"The disk of {existing} takes only {volume.f_favail} more files."
        fix = "Delete files you do not need; how large they are makes no difference."
        found.append(Finding("inodes_low", "warning", why, fix))
    return [Ailment(it) for it in found]


def _has_swap(table: Path) -> bool:
    try:
        return len(table.read_text().splitlines()) > 1  # a heading, then one line each
    except OSError:
        return False
