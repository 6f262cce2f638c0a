"""Which files of this machine the agent may send: those in folders that the owner shares.

Paths are as they are after all links were followed. What is hidden stays where it is.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath


def is_folder(path: str) -> bool:
    """Whether a path can name a folder to share: all of it is said, and it is not everything."""
    parts = PurePosixPath(path).parts
    return path.startswith("/") and "\0" not in path and ".." not in parts and len(parts) > 1


def is_shared(path: PurePosixPath, folders: Iterable[PurePosixPath]) -> bool:
    """Whether a file lies in one of the folders, and is not hidden there."""
    return any(_lies_open_in(folder, path) for folder in folders)


def _lies_open_in(folder: PurePosixPath, path: PurePosixPath) -> bool:
    if not path.is_relative_to(folder):
        return False
    inside = path.relative_to(folder).parts
    return bool(inside) and not any(part.startswith(".") for part in inside)
