"""What one side of a session has said, as one hash: equal on both sides if both saw the same."""

import hashlib

import msgspec

from agentmesh.crypto.kdf import join
from agentmesh.messages.envelope import Envelope
from agentmesh.messages.payloads import CERTIFICATES, CLOSE, CLOSED, OPENING, TOMBSTONE

NOTHING = bytes(32)
_UNCOUNTED = {OPENING, CLOSE, CLOSED, CERTIFICATES}


class Words(msgspec.Struct, frozen=True):
    """All words up to a number, and those that came ahead of a missing one. A value.

    An empty hash means that it is not known: an older version began to count too late, or numbers
    were given up.
    """

    digest: bytes = b""
    up_to: int = 0
    ahead: tuple[tuple[int, bytes], ...] = ()

    def add(self, *envelopes: Envelope) -> "Words":
        """Return the words with more envelopes, whose numbers are new."""
        if not self.digest:
            return self
        digest, up_to, waiting = self.digest, self.up_to, dict(self.ahead)
        for envelope in envelopes:
            waiting[envelope.sequence] = _item(envelope)
            while up_to + 1 in waiting:
                up_to += 1
                item = waiting.pop(up_to)
                digest = hashlib.sha256(digest + item).digest() if item else digest
        return Words(digest, up_to, tuple(sorted(waiting.items())))


def _item(envelope: Envelope) -> bytes:
    if envelope.type in _UNCOUNTED:
        return b""
    number = envelope.sequence.to_bytes(4, "big")
    if envelope.type == TOMBSTONE:
        parts: tuple[bytes, ...] = (number, TOMBSTONE.encode(), b"", b"", b"")
    else:
        answered = (envelope.in_reply_to or "").encode()
        kind, name = envelope.type.encode(), envelope.id.encode()
        parts = (number, kind, name, answered, envelope.payload)
    return hashlib.sha256(join(*parts)).digest()


def is_counted(kind: str) -> bool:
    """Whether an envelope of this type counts as a message: what keeps it up does not."""
    return kind not in _UNCOUNTED
