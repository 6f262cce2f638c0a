"""One line of the audit log: a fact, and the hash that ties it to the line before.

    {"seq": 7, "time": "...", "event": "...", "fields": {...}, "prev": "<hex>", "hash": "<hex>"}

`hash` is HMAC-SHA256 under the owner's audit key over the line's bytes before `,"hash":`. Who can
write the file but not open the keys cannot make a line that fits.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.observability.logs import Safe
from agentmesh.protocol.ids import MessageId, SessionId

START = "0" * 64
MAX_LINE = 4096
_MAX_FIELDS = 16
_SEAM = b',"hash":"'
_is_safe = re.compile(r"[A-Za-z0-9_.:/-]{1,64}").fullmatch
_encode = msgspec.json.Encoder().encode
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))

Field = Safe | MessageId | SessionId


class Event(StrEnum):
    """What is written down for good."""

    KNOCK_RECEIVED = "knock_received"
    KNOCK_SENT = "knock_sent"
    KNOCK_ACCEPTED = "knock_accepted"
    KNOCK_REJECTED = "knock_rejected"
    SESSION_STARTED = "session_started"
    SESSION_CACHED = "session_cached"
    SESSION_CLOSED = "session_closed"
    SESSION_KEYS_EXPORTED = "session_keys_exported"
    MESSAGE_SENT = "message_sent"
    MESSAGE_RECEIVED = "message_received"
    ERROR = "error"
    POLICY_CHANGED = "policy_changed"
    BREAKER_KILL_SESSION = "breaker_kill_session"
    BREAKER_PAUSE_NEW = "breaker_pause_new"
    BREAKER_RESUME = "breaker_resume"
    BREAKER_SHUTDOWN = "breaker_shutdown"
    BREAKER_BLOCK = "breaker_block"
    BREAKER_UNBLOCK = "breaker_unblock"
    BREAKER_PAUSE_PEER = "breaker_pause_peer"
    BREAKER_TRIPPED = "breaker_tripped"
    BREAKER_LIFTED = "breaker_lifted"
    BREAKER_STOP_HOOK = "breaker_stop_hook"
    BREAKER_EMERGENCY_STOP = "breaker_emergency_stop"
    KEYS_MADE = "keys_made"
    KEYS_MOVED = "keys_moved"
    KEYS_ROTATED = "keys_rotated"
    KEYS_REVOKED = "keys_revoked"
    KEYS_CERTIFIED = "keys_certified"
    KEYS_CERTIFICATE_LOST = "keys_certificate_lost"
    """The certificate that we bore holds no more."""
    SESSION_UNVOUCHED = "session_unvouched"
    """Who answered for a peer does not hold: a session was not begun, or ended."""
    KEYS_SUCCEEDED = "keys_succeeded"
    """A new identity took this one's place."""
    PEER_VERIFIED = "peer_verified"
    PEER_TRUST_CHANGED = "peer_trust_changed"
    PEER_AUTONOMY_CHANGED = "peer_autonomy_changed"
    PEER_SUITES_CHANGED = "peer_suites_changed"
    KEY_CHANGE = "key_change"
    PEER_FOLLOWED = "peer_followed"
    """The owner put a contact's successor in its place."""
    REGISTRY_ALARM = "registry_alarm"
    """The registry's log was caught, or has something about us that is not ours."""
    APPROVAL_PENDING = "approval_pending"
    APPROVAL_GRANTED = "approval_granted"
    APPROVAL_DENIED = "approval_denied"
    INVITE_MADE = "invite_made"
    INVITE_REVOKED = "invite_revoked"
    INVITE_TRIED = "invite_tried"
    INVITE_USED = "invite_used"
    GRANT_GIVEN = "grant_given"
    GRANT_REVOKED = "grant_revoked"
    DASHBOARD_OPENED = "dashboard_opened"
    DASHBOARD_LOCKED = "dashboard_locked"
    """Ten wrong tokens came."""
    AUDIT_TORN = "audit_torn"
    """The last line was cut short by a crash and set aside."""
    AUDIT_DAMAGED = "audit_damaged"
    """The log did not end in a line of ours when it was opened."""
    AUDIT_LOST = "audit_lost"
    """The disk was full for too long: so many facts were not written."""
    AUDIT_LET_GO = "audit_let_go"
    """The oldest files were erased, as `audit_days` says."""
    TRANSCRIPT_ERASED = "transcript_erased"
    TRANSCRIPTS_LET_GO = "transcripts_let_go"
    """Transcripts were erased, as `transcript_days` says."""
    BACKUP_MADE = "backup_made"
    RESTORED = "restored"
    """This home was made from a backup."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it is read; the hash covers all that stands before it."""

    seq: int
    time: str
    event: str
    fields: dict[str, str | int | float | bool]
    prev: str
    hash: str


_decode = msgspec.json.Decoder(Line).decode


class Marks:
    """HMAC-SHA256 (RFC 2104) under one key. Its two halves are begun once, not for every line."""

    def __init__(self, key: Secret) -> None:
        block = key.reveal().ljust(hashlib.sha256().block_size, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER))
        self._outer = hashlib.sha256(block.translate(_OUTER))

    def mark(self, body: bytes) -> str:
        """Return the mark of these bytes."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(body)
        outer.update(inner.digest())
        return outer.hexdigest()

    def fits(self, body: bytes, mark: str) -> bool:
        """Whether we made this mark of these bytes."""
        return mark.isascii() and hmac.compare_digest(self.mark(body), mark)


class Head(msgspec.Struct, frozen=True):
    """Where the chain stands: keep it elsewhere, and cutting off the newest lines shows as well."""

    seq: int = 0
    hash: str = START


def write(
    marks: Marks, head: Head, time: str, event: Event, facts: Sequence[Mapping[str, Field]]
) -> tuple[bytes, Head]:
    """Return the next lines, one for each fact of this kind, and the chain's new head."""
    lines: list[bytes] = []
    number, mark = head.seq, head.hash
    when = f'"time":"{time}","event":"{event.value}"'
    for fields in facts:
        number += 1
        # No member needs an escape: this is what an encoder would write, at a third of its price.
        body = f'{{"seq":{number},{when},"fields":{_told(fields)},"prev":"{mark}"'.encode()
        mark = marks.mark(body)
        lines += (body, _SEAM, mark.encode(), b'"}\n')
    return b"".join(lines), Head(number, mark)


def _told(fields: Mapping[str, Field]) -> str:
    """Return the fields as JSON. What was declared safe and is not stays out, unbelieved."""
    if len(fields) > _MAX_FIELDS:
        fields = dict(list(fields.items())[:_MAX_FIELDS])
    safe = {
        name: _believed(value) if isinstance(value, str) else value
        for name, value in fields.items()
    }
    return _encode(safe).decode()


@lru_cache(maxsize=256)  # lines that follow each other tell of the same peer and session
def _believed(text: str) -> str:
    return text if _is_safe(text) else "?"


def read(marks: Marks, raw: bytes) -> tuple[Line, bool] | None:
    """Return a line and whether its hash is right; None if it is no line at all."""
    try:
        line = _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    body, seam, _ = raw.rpartition(_SEAM)
    whole = seam and raw == body + _SEAM + line.hash.encode() + b'"}'
    return line, bool(whole) and marks.fits(body, line.hash)
