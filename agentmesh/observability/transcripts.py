"""Transcripts: what was said in each session, sealed with a key of the owner's.

One file a session, `transcripts/<session id>`, under a key of its own. Whether records were cut off
its end nobody can tell, unless the session's last entry (`closed`) was among them.
"""

from pathlib import Path

import msgspec

from agentmesh.crypto.kdf import Label, derive
from agentmesh.crypto.secret import Secret
from agentmesh.errors import StorageError, UsageError
from agentmesh.observability.transcript_records import (
    BEGINNING,
    MAGIC,
    Entry,
    Page,
    Place,
    Reader,
    Transcript,
    write,
)
from agentmesh.observability.transcript_tails import Tails
from agentmesh.protocol.ids import Amid, SessionId, parse_id
from agentmesh.protocol.world import Entropy

MAX_FILE = 64 << 20
_HEAD_BYTES = 128 * 1024


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A transcript in a list."""

    session_id: SessionId
    bytes: int
    changed_at: float


class Transcripts:
    """The transcripts of one home. Writing stays in one thread; `sync` and reading need not."""

    def __init__(self, directory: Path, key: Secret, entropy: Entropy) -> None:
        self._directory = directory
        self._key = key
        self._entropy = entropy
        self._tails = Tails(self._path, self.key_of)
        try:
            directory.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise _unusable(error) from None

    def append(self, session_id: SessionId, *entries: Entry) -> None:
        """Add entries, in one write. Raises `StorageError`, and has then added none of them."""
        try:
            tail = self._tails.of(session_id)
            records, place = write(tail.key, tail.place, entries, self._entropy)
            if place.end > MAX_FILE:
                raise StorageError("transcript_full", "This session's transcript is full.")
            tail.add(records, place)
        except OSError as error:
            self._tails.let_go(session_id)
            raise _unusable(error) from None

    def show(self, session_id: SessionId) -> Transcript:
        """Return a session's transcript."""
        reader = self.reader(session_id)
        entries = tuple(reader)
        return Transcript(
            session_id=session_id,
            entries=entries,
            damaged_at=reader.place.number if reader.is_damaged else None,
            is_torn=reader.is_torn,
        )

    def page(self, session_id: SessionId, place: Place, bounds: tuple[int, int]) -> Page:
        """Return the entries from a place on, without opening those before it.

        `bounds`: so many entries at most, and none behind that with which they fill so many bytes.
        """
        limit, room = bounds
        reader = self.reader(session_id, place)
        entries: list[Entry] = []
        for entry in reader:
            entries.append(entry)
            if len(entries) == limit or reader.place.end - place.end >= room:
                break
        else:
            limit = 0
        return Page(
            entries=tuple(entries),
            next=reader.place,
            is_last=not limit,
            is_damaged=reader.is_damaged,
        )

    def peer(self, session_id: SessionId) -> Amid | None:
        """Return whom a session was with, from the first of its records."""
        try:
            with self._path(session_id).open("rb") as file:
                head = file.read(_HEAD_BYTES)
        except OSError:
            return None
        first = next(iter(Reader(self.key_of(session_id), head)), None)
        return first.peer if first else None

    def reader(self, session_id: SessionId, place: Place = BEGINNING) -> Reader:
        """Return what opens a session's records, from a place on."""
        try:
            data = self._path(session_id).read_bytes()
        except FileNotFoundError:
            raise _unknown(session_id) from None
        except OSError as error:
            raise _unreadable(error) from None
        return Reader(self.key_of(session_id), data, place)

    def one(self, session_id: SessionId, place: Place, end: int) -> Entry | None:
        """Return the entry at a place, whose record ends at `end`; None if it does not open."""
        try:
            with self._path(session_id).open("rb") as file:
                file.seek(place.end)
                record = file.read(end - place.end)
        except OSError:
            return None
        alone = msgspec.structs.replace(place, end=len(MAGIC))
        return next(iter(Reader(self.key_of(session_id), MAGIC + record, alone)), None)

    def has(self, session_id: SessionId) -> bool:
        """Whether there is a transcript of this session."""
        return session_id in self._tails or self._path(session_id).exists()

    def overview(self) -> list[Summary]:
        """Return all transcripts, the last changed first. Nothing is opened for it."""
        found = []
        for path in self._directory.iterdir():
            if _is_session(path.name) and path.is_file():
                state = path.stat()
                summary = Summary(
                    session_id=SessionId(path.name), bytes=state.st_size, changed_at=state.st_mtime
                )
                found.append(summary)
        return sorted(found, key=lambda each: (-each.changed_at, each.session_id))

    def erase(self, session_id: SessionId) -> None:
        """Erase a session's transcript."""
        path = self._path(session_id)
        self._tails.let_go(session_id)
        try:
            path.unlink()
        except FileNotFoundError:
            raise _unknown(session_id) from None
        except OSError as error:
            raise _unusable(error) from None

    def let_go(self, session_id: SessionId, before: float) -> bool:
        """Erase a transcript to which nothing was added since then; return whether it went."""
        try:
            if self._path(session_id).stat().st_mtime >= before:
                return False
            self.erase(session_id)
        except (FileNotFoundError, UsageError):
            return False  # its owner erased it just now
        except OSError as error:
            raise _unusable(error) from None
        return True

    def key_of(self, session_id: SessionId) -> Secret:
        """Return the key of one transcript; it opens no other, and nothing else."""
        return derive(self._key, Label.TRANSCRIPT, context=session_id.encode())

    def sync(self) -> None:
        """Make what was added survive a power cut."""
        try:
            self._tails.sync()
        except OSError as error:
            raise _unusable(error) from None

    def close(self) -> None:
        """Sync and let all files go."""
        try:
            self.sync()
        finally:
            self._tails.close()

    def _path(self, session_id: SessionId) -> Path:
        if not _is_session(session_id):
            raise UsageError("invalid_session", "This is not the id of a session.")
        return self._directory / session_id


def _unusable(error: OSError) -> StorageError:
    why = error.strerror or "unknown"
    return StorageError("transcript_unusable", f"Transcripts cannot be written: {why}.")


def _unreadable(error: OSError) -> StorageError:
    why = error.strerror or "unknown"
    return StorageError("transcript_unreadable", f"The transcript cannot be read: {why}.")


def _unknown(session_id: SessionId) -> UsageError:
    return UsageError("transcript_unknown", f"There is no transcript of session {session_id}.")


def _is_session(name: str) -> bool:
    try:
        return bool(parse_id(name))
    except ValueError:
        return False
