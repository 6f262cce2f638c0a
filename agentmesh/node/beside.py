"""What comes beside the sessions, and may get lost: pieces of files."""

from collections.abc import Awaitable
from typing import Protocol

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol import file_frames
from agentmesh.protocol.file_frames import FileFrame
from agentmesh.protocol.ids import Amid


class Beside(Protocol):
    """Who takes it."""

    def take(self, peer: Amid, frame: FileFrame) -> Awaitable[None]:
        """Take a frame, or raise what is wrong with it; what is returned says when it is kept.

        That of a chunk is a future: whoever has many takes them all before waiting for one.
        """

    def nudge(self, peer: Amid | None = None) -> None:
        """Try again what waits for this peer; for all, if none is named."""


class Nothing:
    """Takes nothing: there is no room for files."""

    def take(self, _peer: Amid, _frame: FileFrame) -> Awaitable[None]:
        """Refuse it."""
        raise RemoteProtocolError("file_unknown")

    def nudge(self, peer: Amid | None = None) -> None:
        """Wait for nobody."""


def take_beside(files: Beside, peer: Amid, payload: bytes) -> Awaitable[None]:
    """Take a piece of a file, as `Beside` does."""
    return files.take(peer, file_frames.decode(payload))
