"""Where the control socket lies, and how a path that is too long for a socket is shortened."""

import contextlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from agentmesh.errors import UsageError

MAX_SOCKET_PATH = 103
"""macOS takes 104 bytes with the closing zero; Linux takes 108."""
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def home(environment: Mapping[str, str]) -> Path:
    """Return the directory that holds everything of this agent."""
    named = environment.get("AGENTMESH_HOME", "")
    try:
        return Path(named).expanduser().absolute() if named else Path.home() / ".agentmesh"
    except (RuntimeError, FileNotFoundError):  # no such user; or the directory we are in is gone
        raise UsageError(
            "home_not_found",
            f"It cannot be said where the home {named or '~'} is.",
            "Set AGENTMESH_HOME to a directory, from the root on: /home/me/agent",
        ) from None


def socket_in(directory: Path) -> Path:
    """Return the control socket of a home."""
    return directory / "run" / "daemon.sock"


def dialable(path: Path, environment: Mapping[str, str]) -> str:
    """Return a path to the same socket that is short enough to bind and to dial.

    A long one goes through a link in the user's runtime directory. Each side makes its own link,
    since the two may run with different environments.
    """
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return str(path)
    import hashlib  # noqa: PLC0415 - slow to load, and rarely needed

    for directory in _runtime_directories(environment):
        name = hashlib.sha256(os.fsencode(path.parent)).hexdigest()[:12]
        short = directory / name / path.name
        if len(os.fsencode(short)) <= MAX_SOCKET_PATH:
            private_directory(directory)
            _link(directory / name, path.parent)
            return str(short)
    raise UsageError(
        "socket_path_too_long",
        f"The path of the control socket is too long: {path}",
        "Set AGENTMESH_HOME to a shorter directory.",
    )


def private_directory(path: Path) -> None:
    """Make a directory that only this user enters, or refuse the one that lies there.

    One that others may have put something into is refused: it may not be ours.
    """
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700, parents=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise UsageError(
            "unsafe_directory",
            f"{path} is not a directory of this user.",
            "Remove it, or set AGENTMESH_HOME to another place.",
        )
    if found.st_mode & _OTHERS_WRITE and any(path.iterdir()):
        raise UsageError(
            "unsafe_directory",
            f"Others may write into {path} (mode {stat.S_IMODE(found.st_mode):04o}).",
            f"See that all in it is yours, then run: chmod 700 '{path}'",
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        path.chmod(0o700)


def _runtime_directories(environment: Mapping[str, str]) -> list[Path]:
    fallback = Path(f"/tmp/agentmesh-{os.geteuid()}")  # noqa: S108 - refused unless it is ours
    given = environment.get("XDG_RUNTIME_DIR", "")
    return [Path(given) / "agentmesh", fallback] if given else [fallback]


def _link(link: Path, target: Path) -> None:
    with contextlib.suppress(OSError):
        if link.readlink() == target:
            return
    fresh = link.with_name(f"{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
