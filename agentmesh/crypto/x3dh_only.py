"""`x3dh-only.v1`: every key of a session follows from the handshake; nothing ratchets or heals.

So a session is short: 24 hours or 1000 messages a side, and both sides see to it.
"""

import msgspec

from agentmesh.crypto import suites
from agentmesh.crypto.pq_step import Side
from agentmesh.crypto.pqxdh import Root
from agentmesh.crypto.wrapping import Wrapping
from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol.frames import NumberedFrame, ReceiptFrame, SessionFrame
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.limits import (
    MAX_IN_FLIGHT,
    MAX_SKIPPED,
    X3DH_ONLY_MESSAGES,
    X3DH_ONLY_SECONDS,
)
from agentmesh.protocol.world import Entropy


class X3dhOnlyCipher(
    msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag=suites.X3DH_ONLY
):
    """One side of a session. A value, like `SessionCipher`, and used in the same way."""

    wrapping: Wrapping
    begun_at: float

    @classmethod
    def begin(cls, session_id: SessionId, root: Root, side: Side, now: float) -> "X3dhOnlyCipher":
        """Return the cipher of one side."""
        wrapping = Wrapping(
            session_id=session_id, transcript=root.transcript, secret=root.secret, side=side
        )
        return cls(wrapping=wrapping, begun_at=now)

    @property
    def can_send(self) -> bool:
        """Whether the peer has spoken, where it has to speak first."""
        return self.wrapping.can_send

    @property
    def most_messages(self) -> int:
        """How many messages either side may say in this session."""
        return X3DH_ONLY_MESSAGES

    def room(self, said: int, confirmed: int) -> int:
        """Return how many more messages may leave now. Tombstones cost frames, too."""
        left = X3DH_ONLY_MESSAGES - max(said, self.wrapping.sent)
        return min(MAX_IN_FLIGHT - (said - confirmed), left)

    def is_spent(self, said: int, now: float) -> bool:
        """Whether the session has come to its bounds."""
        return self._is_over(now) or max(said, self.wrapping.sent) >= X3DH_ONLY_MESSAGES

    def seal(
        self, plaintext: bytes, now: float, entropy: Entropy
    ) -> tuple["X3dhOnlyCipher", NumberedFrame]:
        """Return the next cipher, and the frame that may leave once that cipher is saved."""
        if self._is_over(now) or self.wrapping.sent >= X3DH_ONLY_MESSAGES:
            raise UsageError("session_expired", "This session has come to its bounds.")
        wrapping, frame = self.wrapping.seal(plaintext, entropy)
        return msgspec.structs.replace(self, wrapping=wrapping), frame

    def open(
        self,
        frame: SessionFrame,
        now: float,
        entropy: Entropy,  # noqa: ARG002 (other suites draw a key)
    ) -> tuple["X3dhOnlyCipher", bytes]:
        """Return the next cipher and the plaintext, or raise `CryptoError`.

        As `Wrapping.open`, and `session_expired` for what is new beyond the session's bounds.
        """
        wrapping, plaintext = self.wrapping.open(frame, MAX_SKIPPED)
        if self._is_over(now) or wrapping.window.highest > X3DH_ONLY_MESSAGES:
            raise CryptoError("session_expired")
        return msgspec.structs.replace(self, wrapping=wrapping), plaintext

    def seal_receipt(self, body: bytes, entropy: Entropy) -> ReceiptFrame:
        """Return a receipt; no state changes."""
        return self.wrapping.seal_receipt(body, entropy)

    def open_receipt(self, frame: ReceiptFrame) -> bytes:
        """Return a receipt's body, or raise `CryptoError` (`receipt_invalid`)."""
        return self.wrapping.open_receipt(frame)

    def _is_over(self, now: float) -> bool:
        # A clock that jumped back counts as time that passed: a KNOCK too early harms nobody.
        return not 0 <= now - self.begun_at < X3DH_ONLY_SECONDS
