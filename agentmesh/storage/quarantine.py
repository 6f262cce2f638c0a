"""Where files land that peers send: for the owner's eyes, never opened, never executable."""

import os
import stat
from collections.abc import Collection
from pathlib import Path

from agentmesh.errors import StorageError
from agentmesh.files.names import numbered
from agentmesh.files.plan import Plan
from agentmesh.protocol.ids import FileId
from agentmesh.storage.failures import explained
from agentmesh.storage.part_file import LEAVES, MODE, PART, PartFile, sync_folder

ARRIVING, QUARANTINE = "files/arriving", "files/quarantine"
MAX_NUMBER = 9999


class Quarantine:
    """`files/arriving` has what is coming, `files/quarantine` what is there whole."""

    def __init__(self, home: Path) -> None:
        self._arriving = home / ARRIVING
        self.folder = home / QUARANTINE

    def begin(self, file_id: FileId, plan: Plan) -> PartFile:
        """Begin a file, or go on with it."""
        return PartFile(self._arriving, file_id, plan)

    def finish(self, file_id: FileId, name: str) -> str:
        """Let a whole file appear under its name, or one with a number; return which."""
        part = self._arriving / (file_id + PART)
        with explained(part):
            part.chmod(MODE)
            for number in range(1, MAX_NUMBER):
                free = name if number == 1 else numbered(name, number)
                if _place(part, self.folder / free):
                    sync_folder(self.folder)
                    return free
        raise StorageError("too_many_files", f"{self.folder} has too many files of this name.")

    def forget(self, file_id: FileId) -> None:
        """Remove what came of a file so far."""
        with explained(self._arriving):
            for ending in (PART, LEAVES):
                (self._arriving / (file_id + ending)).unlink(missing_ok=True)

    def sweep(self, wanted: Collection[FileId]) -> None:
        """Remove what came of files that nobody waits for any more."""
        with explained(self._arriving):
            for path in self._arriving.iterdir():
                if path.stem not in wanted:
                    path.unlink(missing_ok=True)

    def taken_bytes(self) -> int:
        """Return how much lies here whole."""
        with explained(self.folder):
            found = [it.lstat() for it in self.folder.iterdir()]
        return sum(it.st_size for it in found if stat.S_ISREG(it.st_mode))

    def free_bytes(self) -> int:
        """Return how much the disk can take."""
        with explained(self.folder):
            found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize


def _place(part: Path, target: Path) -> bool:
    """Give the file its name; return whether it has it. Nothing that is there is overwritten."""
    try:
        os.link(part, target, follow_symlinks=False)
    except FileExistsError:
        return not target.is_symlink() and target.samefile(part)  # before a crash
    except PermissionError:  # a file system without links
        if target.exists():
            return False
        part.rename(target)
    return True
