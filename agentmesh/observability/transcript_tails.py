"""The transcripts that are gone on with: their open files, and where the next record goes.

To find its end a file is read once. Where those end that were let go for others is remembered: with
each word to read all that was said before would keep everybody else waiting.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.errors import StorageError
from agentmesh.observability.transcript_records import MAGIC, Place, Reader
from agentmesh.protocol.ids import SessionId

MAX_OPEN = 64
MAX_ENDS = 4096
"""Of so many that are not open the end is remembered; what was let go first is forgotten first."""


class Tail(msgspec.Struct):
    """An open file, and where its next record goes."""

    handle: int
    key: Secret
    place: Place
    is_synced: bool = False

    def add(self, records: bytes, place: Place) -> None:
        """Write records, behind which the next one goes to `place`; all of them, or none."""
        written = 0
        try:
            while written < len(records):
                written += os.write(self.handle, records[written:])
        except OSError:
            os.ftruncate(self.handle, self.place.end)
            raise
        self.place = place
        self.is_synced = False


class Tails:
    """One thread asks for tails and lets them go; `sync` may be another one's."""

    def __init__(
        self, path_of: Callable[[SessionId], Path], key_of: Callable[[SessionId], Secret]
    ) -> None:
        self._path_of = path_of
        self._key_of = key_of
        self._open: OrderedDict[SessionId, Tail] = OrderedDict()
        self._ends: dict[SessionId, Place] = {}
        self._opening = threading.Lock()  # held whenever files are opened or let go

    def __contains__(self, session_id: SessionId) -> bool:
        """Whether this one is open."""
        return session_id in self._open

    def of(self, session_id: SessionId) -> Tail:
        """Return where to go on with a session's transcript, which is begun if there is none."""
        tail = self._open.get(session_id)
        if tail is None:
            while len(self._open) >= MAX_OPEN:
                self._make_room()
            tail = self._opened(session_id)
            with self._opening:
                self._open[session_id] = tail
        elif next(reversed(self._open)) != session_id:
            with self._opening:
                self._open.move_to_end(session_id)
        return tail

    def let_go(self, session_id: SessionId) -> None:
        """Know nothing of this one any more."""
        self._ends.pop(session_id, None)
        self._close(session_id)

    def sync(self) -> None:
        """Make what was added survive a power cut; what could not be synced is tried again."""
        handles: list[int] = []
        new: list[Tail] = []
        try:
            with self._opening:
                for tail in self._open.values():
                    if not tail.is_synced:
                        handles.append(os.dup(tail.handle))
                        new.append(tail)
                        tail.is_synced = True
            for handle in handles:  # meanwhile more may be added
                os.fsync(handle)
        except OSError:
            for tail in new:
                tail.is_synced = False
            raise
        finally:
            for handle in handles:
                os.close(handle)

    def close(self) -> None:
        """Let all files go."""
        for session_id in tuple(self._open):
            self._close(session_id)

    def _make_room(self) -> None:
        """Let the one go that was written to longest ago, of those that the disk has if it can."""
        synced = (session_id for session_id, tail in self._open.items() if tail.is_synced)
        session_id = next(synced, next(iter(self._open)))
        tail = self._open[session_id]
        if not tail.is_synced:
            os.fsync(tail.handle)
        self._close(session_id)
        self._ends[session_id] = tail.place
        if len(self._ends) > MAX_ENDS:
            del self._ends[next(iter(self._ends))]

    def _close(self, session_id: SessionId) -> None:
        with self._opening:
            tail = self._open.pop(session_id, None)
            if tail is not None:
                os.close(tail.handle)

    def _opened(self, session_id: SessionId) -> Tail:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(self._path_of(session_id), flags, 0o600)
        try:
            os.fchmod(handle, 0o600)
            end = self._ends.pop(session_id, None)
            if end is None or os.fstat(handle).st_size != end.end:
                end = self._end_of(session_id, handle)
            return Tail(handle, self._key_of(session_id), end)
        except BaseException:
            os.close(handle)
            raise

    def _end_of(self, session_id: SessionId, handle: int) -> Place:
        """Return where to go on; a torn record is cut off, to a damaged file nothing is added."""
        with os.fdopen(os.dup(handle), "rb") as file:
            data = file.read()
        if len(data) < len(MAGIC) and MAGIC.startswith(data):
            os.ftruncate(handle, 0)
            os.write(handle, MAGIC)
            return Place()
        reader = Reader(self._key_of(session_id), data)
        for _ in reader:
            pass
        if reader.is_damaged:
            raise StorageError(
                "transcript_damaged",
                f"The transcript of session {session_id} is damaged; nothing is added to it.",
                "agentmesh transcripts show ID shows what can be read; then move the file away.",
            )
        os.ftruncate(handle, reader.place.end)
        return reader.place
