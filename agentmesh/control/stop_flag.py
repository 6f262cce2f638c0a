"""The file that stops everything: whoever runs as the owner may put it up, with no daemon's help.

Whatever lies under its name counts, be it empty, a link or a directory. The daemon writes into it
once everything is stopped. Taking it away by hand lifts nothing that a daemon has seen.
"""

import contextlib
import os
from pathlib import Path

from agentmesh.errors import StorageError

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SEEN = b"stopped\n"


class StopFlag:
    """The flag of one home."""

    def __init__(self, home: Path) -> None:
        self.path = home / "run" / "STOP"

    def is_up(self) -> bool:
        """Whether it is there. Where that cannot be told, it is not."""
        return os.path.lexists(self.path)

    def put_up(self) -> None:
        """Put it up, and on the disk."""
        self._write(b"")

    def acknowledge(self) -> None:
        """Write into it that everything is stopped."""
        self._write(_SEEN)

    def is_acknowledged(self) -> bool:
        """Whether a daemon wrote so."""
        try:
            return self.path.is_file() and self.path.read_bytes() == _SEEN
        except OSError:
            return False

    def take_down(self) -> None:
        """Take it away, or say why it stays."""
        try:
            if self.path.is_dir() and not self.path.is_symlink():
                self.path.rmdir()
            else:
                self.path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                "stop_flag_stays",
                f"{self.path} cannot be taken away: {error.strerror}.",
                "Remove it by hand, then resume again.",
            ) from None

    def _write(self, words: bytes) -> None:
        try:
            handle = os.open(self.path, _FLAGS, 0o600)
        except OSError as error:
            if self.is_up():
                return
            raise StorageError(
                "stop_flag_missing", f"{self.path} cannot be written: {error.strerror}."
            ) from None
        try:
            with contextlib.suppress(OSError):  # its name is what counts
                os.write(handle, words)
                os.fsync(handle)
        finally:
            os.close(handle)
        self._sync_folder()

    def _sync_folder(self) -> None:
        with contextlib.suppress(OSError):
            handle = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
