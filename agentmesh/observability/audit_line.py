"""One line of the audit log: a fact, and the hash that ties it to the line before.

    {"seq": 7, "time": "...", "event": "...", "fields": {...}, "prev": "<hex>", "hash": "<hex>"}

`hash` is HMAC-SHA256 under the owner's audit key over the line's bytes before `,"hash":`. Who can
write the file but not open the keys cannot make a line that fits.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.observability.logs import Safe
from agentmesh.protocol.ids import MessageId, SessionId

START = "0" * 64
MAX_LINE = 4096
_MAX_FIELDS = 16
_SEAM = b',"hash":"'
_SAFE_TEXT = re.compile(r"[A-Za-z0-9_.:/-]{1,64}")

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
    BREAKER_EMERGENCY_STOP = "breaker_emergency_stop"
    KEYS_MADE = "keys_made"
    KEYS_MOVED = "keys_moved"
    KEYS_ROTATED = "keys_rotated"
    KEYS_REVOKED = "keys_revoked"
    PEER_VERIFIED = "peer_verified"
    PEER_TRUST_CHANGED = "peer_trust_changed"
    AUDIT_TORN = "audit_torn"
    """The last line was cut short by a crash and set aside."""
    AUDIT_DAMAGED = "audit_damaged"
    """The log did not end in a line of ours when it was opened."""
    AUDIT_LOST = "audit_lost"
    """The disk was full for too long: so many facts were not written."""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """What the hash covers."""

    seq: int
    time: str
    event: str
    fields: dict[str, str | int | float | bool]
    prev: str


class Line(Body, frozen=True, kw_only=True):
    """A line as it is read."""

    hash: str


class Head(msgspec.Struct, frozen=True):
    """Where the chain stands: keep it elsewhere, and cutting off the newest lines shows as well."""

    seq: int = 0
    hash: str = START


def write(
    key: Secret, head: Head, time: str, event: Event, fields: Mapping[str, Field]
) -> tuple[bytes, Head]:
    """Return the next line, and the chain's new head."""
    safe = {name: _safe(value) for name, value in list(fields.items())[:_MAX_FIELDS]}
    body = msgspec.json.encode(
        Body(seq=head.seq + 1, time=time, event=event.value, fields=safe, prev=head.hash)
    )[:-1]
    mark = _mark(key, body)
    return body + _SEAM + mark.encode() + b'"}\n', Head(head.seq + 1, mark)


def read(key: Secret, raw: bytes) -> tuple[Line, bool] | None:
    """Return a line and whether its hash is right; None if it is no line at all."""
    try:
        line = msgspec.json.decode(raw, type=Line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    body, seam, _ = raw.rpartition(_SEAM)
    whole = seam and raw == body + _SEAM + line.hash.encode() + b'"}'
    return line, bool(whole) and hmac.compare_digest(_mark(key, body), line.hash)


def _mark(key: Secret, body: bytes) -> str:
    return hmac.new(key.reveal(), body, hashlib.sha256).hexdigest()


def _safe(value: Field) -> str | int | float | bool:
    if isinstance(value, str):
        # What was declared safe and is not stays out, rather than being believed.
        return str(value) if _SAFE_TEXT.fullmatch(value) else "?"
    return value
