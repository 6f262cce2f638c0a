"""What `doctor` sees of the home: where it is, and who else may look into it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from agentmesh.observability.checkup.ailment import Ailment, closing, is_open_to_others
from agentmesh.observability.findings import Finding
from agentmesh.observability.world import SystemClock

MOUNTS = Path("/proc/self/mounts")
OLD_SECONDS = 3600
BACKUPS = ("*.agentmesh-backup", "*.amb", "agentmesh-backup*")
_PRIVATE_PLACES = ("", "keys", "run", "logs", "transcripts")
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "glusterfs"}
_IN_MEMORY = {"tmpfs", "ramfs"}
_TEMPORARY = tuple(map(Path, ("/tmp", "/var/tmp", "/dev/shm")))  # noqa: S108 - to warn of them


def home(directory: Path) -> list[Ailment]:
    """Look whether there is a home, closed to others."""
    if directory.exists() and not directory.is_dir():
        why = f"{directory} is no directory."
        fix = "Set AGENTMESH_HOME to another place."
        return [Ailment(Finding("home_readonly", "error", why, fix))]
    if not directory.is_dir():
        why = f"There is no home {directory} yet."
        return [Ailment(Finding("no_home", "note", why, "Run `agentmesh up`."))]
    return [*_writable(directory), *_modes(directory), *_backups(directory), *_leftovers(directory)]


def place(directory: Path, mounts: Path = MOUNTS) -> list[Ailment]:
    """Look whether the home is on a disk of this machine that stays."""
    kind = _file_system(directory, mounts)
    if kind in _NETWORK:
        why = f"{directory} is on another machine ({kind}): locks and syncs may not hold there."
        fix = "Set AGENTMESH_HOME to a directory on a local disk, and move the home there."
        return [Ailment(Finding("home_on_network", "warning", why, fix))]
    if kind in _IN_MEMORY or any(directory.is_relative_to(it) for it in _TEMPORARY):
        why = f"{directory} may vanish with the next boot, and the agent's keys with it."
        fix = "Set AGENTMESH_HOME to a directory that stays, and move the home there."
        return [Ailment(Finding("home_is_temporary", "warning", why, fix))]
    return []


def _writable(directory: Path) -> Iterator[Ailment]:
    if not os.access(directory, os.W_OK) or os.statvfs(directory).f_flag & os.ST_RDONLY:
        why = f"Nothing can be written into {directory}."
        fix = (
            f"See who owns it and how it is mounted: ls -ld '{directory}'; findmnt -T '{directory}'"
        )
        yield Ailment(Finding("home_readonly", "error", why, fix))


def _modes(directory: Path) -> Iterator[Ailment]:
    for path in (directory / name for name in _PRIVATE_PLACES):
        if path.is_dir() and is_open_to_others(path):
            why = f"Others on this machine can enter {path}."
            fix = f"chmod 700 '{path}'"
            yield Ailment(Finding("directory_open", "error", why, fix), closing(path, 0o700))
    for path in _private_files(directory):
        why = f"Others on this machine can read {path}."
        fix = f"chmod 600 '{path}'"
        yield Ailment(Finding("file_open", "error", why, fix), closing(path, 0o600))


def _backups(directory: Path) -> Iterator[Ailment]:
    """Look at backups beside the home; those inside are files like any other."""
    for pattern in BACKUPS:
        for path in directory.parent.glob(pattern):
            if path.is_file() and not path.is_symlink() and is_open_to_others(path):
                why = f"Others on this machine can read the backup {path}."
                fix = f"chmod 600 '{path}'"
                yield Ailment(Finding("backup_open", "error", why, fix), closing(path, 0o600))


def _leftovers(directory: Path) -> Iterator[Ailment]:
    now = SystemClock().now()
    old = sorted(
        it
        for it in (*directory.glob(".*.new"), *directory.glob("keys/.*.new"))
        if _is_left(it, now)
    )
    if old:
        why = f"{len(old)} unfinished files are left in {directory}, by a crash."
        fix = "rm " + " ".join(f"'{it}'" for it in old[:5])
        yield Ailment(Finding("leftovers", "note", why, fix), lambda: _remove(old))


def _is_left(path: Path, now: float) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False  # it was finished just now
    return stat.S_ISREG(found.st_mode) and now - found.st_mtime > OLD_SECONDS


def _remove(paths: list[Path]) -> str:
    for path in paths:
        path.unlink(missing_ok=True)
    return f"{len(paths)} unfinished files were removed."


def _private_files(directory: Path) -> list[Path]:
    """Return the files that only the owner should read, and others can."""
    within = (it for part in ("*", "keys/*", "logs/*") for it in sorted(directory.glob(part)))
    return [it for it in within if not it.is_symlink() and it.is_file() and is_open_to_others(it)]


def _file_system(directory: Path, mounts: Path) -> str:
    """Return the kind of file system that a path is on; empty where nobody can tell."""
    real = directory.resolve()
    best, kind = -1, ""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    for fields in (line.split() for line in lines):
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " "))
        if real.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind
