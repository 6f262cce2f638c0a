"""The daemon's end of the control socket: who may dial it, and where it lies."""

import asyncio
import contextlib
import os
import socket
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from agentmesh.control import places
from agentmesh.control.connection import READ_BYTES, AnswerCall, Connection
from agentmesh.errors import UsageError
from agentmesh.observability.tasks import Tasks

MAX_CONNECTIONS = 64
_BACKLOG = 64
_TURNS_TO_ARRIVE = 5
"""Turns of the loop in which whoever dialled in the last moment is let in, to be hung up on."""


class ControlServer:
    """A part of the daemon: while it runs, `answer` is asked by whoever this user runs."""

    def __init__(
        self, path: Path, answer: AnswerCall, environment: Mapping[str, str] | None = None
    ) -> None:
        self._path = path
        self._answer = answer
        self._environment = environment if environment is not None else os.environ
        self._at_work = Tasks()
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._server: asyncio.Server | None = None
        self._inode = 0
        self._stopped = False

    async def __aenter__(self) -> Self:
        listening = _listen(self._path, self._environment)
        self._inode = self._path.stat().st_ino
        await self._at_work.begin()
        self._server = await asyncio.start_unix_server(
            self._accept, sock=listening, limit=READ_BYTES
        )
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._remove()
        for _ in range(_TURNS_TO_ARRIVE):
            await asyncio.sleep(0)
        self._stopped = True
        if self._server is not None:
            self._server.close()
        await self._at_work.end()

    def _remove(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self._answer)
        if self._stopped or peer_uid(writer.get_extra_info("socket")) != os.geteuid():
            connection.cut()
        elif len(self._connections) >= MAX_CONNECTIONS and not self._make_room():
            connection.turn_away()
        else:
            task = self._at_work.start(connection.run())
            self._connections[task] = connection
            task.add_done_callback(self._forget)

    def _make_room(self) -> bool:
        """Hang up on who was silent for longest and waits for nothing; return if there is one.

        Else a program that leaves its connections open would keep the owner out.
        """
        idle = [it for it in self._connections.values() if it.is_idle]
        if idle:
            min(idle, key=lambda it: it.heard_at).cut()
        return bool(idle)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._connections.pop(task).cut()  # one that was stopped before it began is still open


def peer_uid(dialled: socket.socket) -> int:
    """Return the user id of the process at the other end."""
    if sys.platform == "linux":
        size = struct.calcsize("3i")
        told = dialled.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return int(struct.unpack("3i", told)[1])
    # macOS and the BSDs: struct xucred, whose second field is the effective user id.
    local_peercred = 1
    return int(struct.unpack_from("2I", dialled.getsockopt(0, local_peercred, 76))[1])


def _listen(path: Path, environment: Mapping[str, str]) -> socket.socket:
    places.private_directory(path.parent)
    address = places.dialable(path, environment)
    _remove_stale(path, address)
    listening = socket.socket(socket.AF_UNIX)
    try:
        # Between these two lines the directory alone keeps others out.
        listening.bind(address)
        path.chmod(0o600)
        listening.listen(_BACKLOG)
    except BaseException:
        listening.close()
        raise
    return listening


def _remove_stale(path: Path, address: str) -> None:
    """Remove a socket behind which nobody listens; refuse to touch anything else."""
    if not path.exists() and not path.is_symlink():
        return
    if not path.is_socket():
        raise UsageError("not_a_socket", f"{path} is in the way and not a socket.", "Remove it.")
    with socket.socket(socket.AF_UNIX) as dial:
        dial.settimeout(1)
        try:
            dial.connect(address)
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError:
            pass  # somebody listens, but is too busy to answer
    raise UsageError(
        "already_running", "Another daemon serves this home.", "See `agentmesh status`."
    )
