"""What comes beside the sessions, and may get lost: pieces of files."""

import logging
from typing import Protocol

from agentmesh.errors import RemoteProtocolError, StorageError, TransportError
from agentmesh.observability.logs import Code, record
from agentmesh.protocol import file_frames
from agentmesh.protocol.file_frames import FileFrame
from agentmesh.protocol.ids import Amid

log = logging.getLogger("agentmesh.node")


class Beside(Protocol):
    """Who takes it."""

    async def take(self, peer: Amid, frame: FileFrame) -> None:
        """Take a frame, or raise what is wrong with it."""

    def nudge(self, peer: Amid | None = None) -> None:
        """Try again what waits for this peer; for all, if none is named."""


class Nothing:
    """Takes nothing: there is no room for files."""

    async def take(self, _peer: Amid, _frame: FileFrame) -> None:
        """Refuse it."""
        raise RemoteProtocolError("file_unknown")

    def nudge(self, peer: Amid | None = None) -> None:
        """Wait for nobody."""


async def take_beside(files: Beside, peer: Amid, payload: bytes) -> None:
    """Take a piece of a file. One that there is no room for is sent again by its sender."""
    frame = file_frames.decode(payload)
    try:
        await files.take(peer, frame)
    except (StorageError, TransportError) as error:
        record(log, logging.INFO, "chunk.not_kept", peer=peer, code=Code(error.code))
