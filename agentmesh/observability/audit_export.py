"""An export of the audit log: chosen lines as they are, and a last one that vouches for them.

    {"seq": 7, ...}
    {"agentmesh_audit_export":1,"payload":"<base64>","signer":"<base64>","signature":"<base64>"}

The agent signs an `AuditExport` with its long-term key: whoever gets the file needs nothing of ours
to see that no line was changed, added, left out or moved since.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, IntegrityError, RemoteProtocolError, UsageError
from agentmesh.observability.audit_line import MAX_LINE, START, Line, Marks
from agentmesh.observability.audit_select import Choice, select
from agentmesh.observability.audit_verify import verify
from agentmesh.protocol.audit_export import AuditExport
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.signed import Purpose, Signed, read

MAX_SEAL = 8192
Bytes64 = Annotated[str, msgspec.Meta(max_length=4096)]
Sign = Callable[[AuditExport], Signed]


class Seal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last line of an export."""

    agentmesh_audit_export: Literal[1] = 1
    payload: Bytes64
    signer: Bytes64
    signature: Bytes64


def vouch(directory: Path, key: Secret, choice: Choice, who: tuple[Amid, float]) -> AuditExport:
    """Return the document about the chosen lines, all of which were examined for it."""
    amid, now = who
    report = verify(directory, key)
    digest, lines, first, last = hashlib.sha256(), 0, 0, 0
    for chosen in select(directory, Marks(key), choice):
        digest.update(chosen.raw)
        lines, last = lines + 1, chosen.line.seq
        first = first or last
    return AuditExport(
        amid=amid,
        exported_at=int(now * 1000),
        lines=lines,
        sha256=digest.digest(),
        first=first,
        last=last,
        head=report.head.seq,
        head_hash=report.head.hash,
        is_whole=report.is_whole,
        kinds=choice.kinds,
        peer=choice.peer,
        since=choice.since,
        until=choice.until,
    )


def seal_line(signed: Signed) -> bytes:
    """Return the last line."""
    parts = (signed.payload, signed.signer, signed.signature)
    payload, signer, signature = (base64.b64encode(part).decode() for part in parts)
    return msgspec.json.encode(Seal(payload=payload, signer=signer, signature=signature)) + b"\n"


def check(path: Path) -> AuditExport:
    """Return what an export says about itself, or raise `IntegrityError`: which check failed."""
    try:
        with path.open("rb") as file:
            return _check(file)
    except OSError as error:
        raise UsageError("file_unreadable", f"{path}: {error.strerror}.") from None


def _check(file: BinaryIO) -> AuditExport:
    digest, follower = hashlib.sha256(), _Follower()
    sealed = b""
    for raw in _raw(file):
        if sealed:
            digest.update(sealed)
            follower.take(sealed)
        sealed = raw
    document = _open(sealed)
    if digest.digest() != document.sha256 or follower.count != document.lines:
        raise _wrong("export_altered", "These are not the lines that the agent signed.")
    if (follower.first, follower.last) != (document.first, document.last):
        raise _wrong("export_altered", "These are not the numbers that the agent signed.")
    is_all = not (document.kinds or document.peer or document.since or document.until)
    if is_all and not follower.is_chain:
        raise _wrong("export_unchained", "The lines are not tied to each other.")
    return document


def _raw(file: BinaryIO) -> Iterator[bytes]:
    while raw := file.readline(max(MAX_LINE, MAX_SEAL)):
        if not raw.endswith(b"\n"):
            raise _wrong("export_malformed", "The file is cut short, or is no export.")
        yield raw


def _open(raw: bytes) -> AuditExport:
    try:
        seal = msgspec.json.decode(raw, type=Seal)
        parts = (seal.payload, seal.signer, seal.signature)
        signed = Signed(*(base64.b64decode(part, validate=True) for part in parts))
        document = read(signed, AuditExport, Purpose.AUDIT_EXPORT)
    except CryptoError:
        raise _wrong("export_signature_invalid", "The signature does not fit.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, binascii.Error, ValueError):
        raise _wrong("export_malformed", "This is no export of an audit log.") from None
    except RemoteProtocolError:
        raise _wrong("export_malformed", "This is an export of another version.") from None
    if signed.amid != document.amid:
        raise _wrong("export_signer", "Somebody else signed this than it says.")
    if seal_line(signed) != raw:
        raise _wrong("export_altered", "The last line is not as the agent wrote it.")
    return document


class _Follower:
    """Follows the lines of an export without the key of their marks."""

    def __init__(self) -> None:
        self.count = self.first = self.last = 0
        self._hash = START
        self.is_chain = True

    def take(self, raw: bytes) -> None:
        try:
            line = msgspec.json.decode(raw, type=Line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise _wrong("export_malformed", "A line of this file is none of a log.") from None
        if self.count:
            self.is_chain &= line.seq == self.last + 1 and line.prev == self._hash
        self.count += 1
        self.first = self.first or line.seq
        self.last, self._hash = line.seq, line.hash


def _wrong(code: str, message: str) -> IntegrityError:
    return IntegrityError(code, message)
