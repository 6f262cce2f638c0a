"""The key of one transcript, under a passphrase: for somebody who may read this one and no other.

It opens the sealed file of its session, also what is added to that file later. It opens no other
session's, and no frame of the wire: the ratchet's keys stay where they are.
"""

import base64
import binascii
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import MODERATE, Cost, unwrap_key, wrap_key
from agentmesh.errors import CryptoError, IntegrityError, NotPermitted, UsageError
from agentmesh.observability.transcript_records import Reader, Transcript
from agentmesh.observability.transcripts import MAX_FILE
from agentmesh.protocol.ids import Amid, SessionId, is_id
from agentmesh.protocol.times import to_text
from agentmesh.protocol.world import Entropy

MAX_BYTES = 4096


class KeyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file says."""

    agentmesh_transcript_key: Literal[1] = 1
    session_id: SessionId
    amid: Amid
    exported_at: Annotated[str, msgspec.Meta(max_length=40)]
    wrapped: Annotated[str, msgspec.Meta(max_length=512)]


def lock(
    key: Secret,
    about: tuple[SessionId, Amid, float],
    passphrase: Secret,
    entropy: Entropy,
    cost: Cost = MODERATE,
) -> bytes:
    """Return the file with a transcript's key; `about` is its session, whose it is, and now."""
    session_id, amid, now = about
    wrapped = base64.b64encode(wrap_key(key, passphrase, entropy, cost)).decode()
    told = KeyFile(session_id=session_id, amid=amid, exported_at=to_text(now), wrapped=wrapped)
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def unlock(data: bytes, passphrase: Secret) -> tuple[KeyFile, Secret]:
    """Return what a key file says, and the key in it."""
    try:
        told = msgspec.json.decode(data[: MAX_BYTES + 1], type=KeyFile)
        wrapped = base64.b64decode(told.wrapped, validate=True)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, binascii.Error, ValueError):
        raise _malformed() from None
    if not is_id(told.session_id):
        raise _malformed()
    try:
        return told, unwrap_key(wrapped, passphrase)
    except CryptoError:
        raise NotPermitted(
            "passphrase_wrong", "This passphrase does not open the key, or the file is damaged."
        ) from None


def open_transcript(path: Path, key_file: bytes, passphrase: Secret) -> Transcript:
    """Return the transcript in a sealed file, read with its key alone."""
    told, key = unlock(key_file, passphrase)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise UsageError("file_unreadable", f"{path}: {error.strerror}.") from None
    reader = Reader(key, data)
    entries = tuple(reader)
    if not entries and reader.is_damaged:
        raise IntegrityError(
            "transcript_unreadable", "This key opens nothing of this file: it is not its own."
        )
    return Transcript(
        session_id=told.session_id,
        entries=entries,
        damaged_at=reader.place.number if reader.is_damaged else None,
        is_torn=reader.is_torn,
    )


def _malformed() -> IntegrityError:
    return IntegrityError("key_file_malformed", "This is no file with a transcript's key.")
