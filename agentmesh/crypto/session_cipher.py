"""`pqxdh-dr.v1`, frame by frame: both ratchets, header MAC, skipped keys.

A value: `seal` and `open` return the next one. Save the next one before a sealed frame leaves; a
frame that does not open changes nothing, because the caller still holds the old one.
"""

import hashlib
import hmac
import struct

import msgspec

from agentmesh.crypto import pq_step, skipped, suites
from agentmesh.crypto.aead import open_box, seal_box
from agentmesh.crypto.kdf import Label, derive, join
from agentmesh.crypto.padding import RECEIPT_BYTES, pad, pad_frame, unpad
from agentmesh.crypto.pq_step import PqRatchet, Side
from agentmesh.crypto.pqxdh import Root
from agentmesh.crypto.ratchet import Place, Ratchet
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.skipped import Gap, Gaps
from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol import frames
from agentmesh.protocol.frames import Header, MessageFrame, ReceiptFrame, SessionFrame
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.limits import MAX_IN_FLIGHT, MAX_SEQUENCE, MAX_SKIPPED
from agentmesh.protocol.world import Entropy

_NO_MAC = bytes(32)
_NUMBERS = struct.Struct(">IIII")

_HEADER_LABEL: dict[Side, Label] = {
    "initiator": Label.HEADER_OF_INITIATOR,
    "responder": Label.HEADER_OF_RESPONDER,
}
_RECEIPT_LABEL: dict[Side, Label] = {
    "initiator": Label.RECEIPT_OF_INITIATOR,
    "responder": Label.RECEIPT_OF_RESPONDER,
}
_PEER: dict[Side, Side] = {"initiator": "responder", "responder": "initiator"}


class SessionCipher(
    msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag=suites.PQXDH_DR
):
    """One side of a session. `sent` and `highest` count frames, ours and the peer's."""

    session_id: SessionId
    transcript: bytes
    header_key: Secret
    peer_header_key: Secret
    ratchet: Ratchet
    pq: PqRatchet
    sent: int = 0
    highest: int = 0
    gaps: Gaps = ()

    @classmethod
    def initiator(cls, session_id: SessionId, root: Root, entropy: Entropy) -> "SessionCipher":
        """Return the cipher of the side that knocked; it sends first."""
        secret = derive(root.secret, Label.RATCHET_START)
        ratchet = Ratchet.of_initiator(secret, root.ratchet_key, entropy)
        return _begin(session_id, root, "initiator", ratchet)

    @classmethod
    def responder(
        cls, session_id: SessionId, root: Root, signed_prekey_private: Secret
    ) -> "SessionCipher":
        """Return the cipher of the side that was knocked at; it can send once it opened a frame."""
        secret = derive(root.secret, Label.RATCHET_START)
        ratchet = Ratchet.of_responder(secret, signed_prekey_private)
        return _begin(session_id, root, "responder", ratchet)

    @property
    def can_send(self) -> bool:
        """Whether `seal` may be called."""
        return self.ratchet.sending is not None

    @property
    def most_messages(self) -> int:
        """How many messages either side may say in this session."""
        return MAX_SEQUENCE

    def room(self, said: int, confirmed: int) -> int:
        """Return how many more messages may leave now."""
        return MAX_IN_FLIGHT - (said - confirmed)

    def is_spent(self, said: int, now: float) -> bool:  # noqa: ARG002
        """Whether the session has come to the suite's bounds. This one has none."""
        return False

    def seal(
        self, plaintext: bytes, now: float, entropy: Entropy
    ) -> tuple["SessionCipher", MessageFrame]:
        """Return the next cipher, and the frame that may leave once that cipher is saved."""
        if not self.can_send:
            raise UsageError("session_not_ready", "The initiator's first message is not here yet.")
        pq, pq_header, pq_key = self.pq.next_sending(
            now, entropy, begins_chain=self.ratchet.begins_chain
        )
        ratchet, place, key = self.ratchet.next_sending()
        sent = self.sent + 1
        header = Header(place.ratchet_key, place.previous_length, place.number, sent, pq_header)
        bare = _frame(self.session_id, header, _NO_MAC, b"")
        padded = pad_frame(plaintext, len(frames.encode(bare)))
        encoded = encode_header(header)
        ciphertext = seal_box(_message_key(key, pq_key), padded, self._bound_to(encoded), entropy)
        mac = header_mac(self.header_key, self.session_id, encoded, ciphertext)
        after = self._after(now, ratchet=ratchet, pq=pq, sent=sent)
        return after, _frame(self.session_id, header, mac, ciphertext)

    def open(
        self, frame: SessionFrame, now: float, entropy: Entropy
    ) -> tuple["SessionCipher", bytes]:
        """Return the next cipher and the plaintext.

        Raises `CryptoError`: `frame_forged` (not from the peer), `frame_replayed` (opened before,
        or given up), `excessive_skip` (the session cannot go on), `message_invalid`.
        """
        if not isinstance(frame, MessageFrame):
            raise CryptoError("frame_forged")
        encoded = encode_header(frame.header)
        mac = header_mac(self.peer_header_key, self.session_id, encoded, frame.ciphertext)
        if frame.session_id != self.session_id or not hmac.compare_digest(mac, frame.header_mac):
            raise CryptoError("frame_forged")
        number = frame.header.frame
        if number > self.highest:
            ratchet, gaps, key = self._skip_to(frame.header, now, entropy)
        else:
            found = skipped.take(self.gaps, number)
            if found is None:
                raise CryptoError("frame_replayed")
            ratchet, (gaps, key) = self.ratchet, found
        plaintext, pq = self._decrypt(frame, encoded, key, now)
        highest = max(self.highest, number)
        return self._after(now, ratchet=ratchet, pq=pq, highest=highest, gaps=gaps), plaintext

    def seal_receipt(self, body: bytes, entropy: Entropy) -> ReceiptFrame:
        """Return a receipt. It changes no state: losing it, or repeating it, costs nothing."""
        epoch = self.pq.peer_epoch
        key = derive(self.pq.key(epoch), _RECEIPT_LABEL[self.pq.side])
        box = seal_box(key, pad(body, RECEIPT_BYTES), self._receipt_bound_to(epoch), entropy)
        return ReceiptFrame(session_id=self.session_id, epoch=epoch, box=box)

    def open_receipt(self, frame: ReceiptFrame) -> bytes:
        """Return a receipt's body, or raise `CryptoError` (`receipt_invalid`)."""
        try:
            key = derive(self.pq.key(frame.epoch), _RECEIPT_LABEL[_PEER[self.pq.side]])
            return unpad(open_box(key, frame.box, self._receipt_bound_to(frame.epoch)))
        except CryptoError:
            raise CryptoError("receipt_invalid") from None

    def forget(self, now: float) -> "SessionCipher":
        """Return the cipher without skipped keys whose time is over; as `seal` and `open` do."""
        return self._after(now)

    def _skip_to(
        self, header: Header, now: float, entropy: Entropy
    ) -> tuple[Ratchet, Gaps, Secret]:
        missing = header.frame - self.highest - 1
        if skipped.count(self.gaps) + missing > MAX_SKIPPED:
            raise CryptoError("excessive_skip")
        place = Place(header.ratchet_key, header.previous_length, header.number)
        try:
            ratchet, keys, key = self.ratchet.next_receiving(place, missing, entropy)
        except CryptoError:
            raise CryptoError("message_invalid") from None
        if not keys:
            return ratchet, self.gaps, key
        gap = Gap(self.highest + 1, now, self.pq.peer_epoch, Secret(b"".join(keys)))
        return ratchet, (*self.gaps, gap), key

    def _decrypt(
        self, frame: MessageFrame, encoded: bytes, key: Secret, now: float
    ) -> tuple[bytes, PqRatchet]:
        try:
            pq, pq_key = self.pq.received(frame.header.pq, now)
            box_key = _message_key(key, pq_key)
            return unpad(open_box(box_key, frame.ciphertext, self._bound_to(encoded))), pq
        except CryptoError:
            raise CryptoError("message_invalid") from None

    def _after(self, now: float, **changes: object) -> "SessionCipher":
        after: SessionCipher = msgspec.structs.replace(self, **changes)
        gaps = skipped.forget_old(after.gaps, now) if after.gaps else after.gaps
        oldest = min((gap.epoch for gap in gaps), default=after.pq.peer_epoch)
        pq = after.pq.without_keys_before(oldest)
        return msgspec.structs.replace(after, gaps=gaps, pq=pq)

    def _bound_to(self, encoded_header: bytes) -> bytes:
        return join(self.transcript, self.session_id.encode(), encoded_header)

    def _receipt_bound_to(self, epoch: int) -> bytes:
        return join(self.transcript, self.session_id.encode(), epoch.to_bytes(4, "big"))


def encode_header(header: Header) -> bytes:
    """Return the bytes of a header that are authenticated (docs/protocol.md, 4)."""
    pq = header.pq
    return join(
        header.ratchet_key,
        _NUMBERS.pack(header.previous_length, header.number, header.frame, pq.epoch),
        pq.public_key or b"",
        pq.ciphertext or b"",
    )


def header_mac(key: Secret, session_id: str, encoded_header: bytes, ciphertext: bytes) -> bytes:
    """Return what proves, before any ratchet turns, that a frame is from the peer."""
    covered = join(session_id.encode(), encoded_header, hashlib.sha256(ciphertext).digest())
    return hmac.digest(key.reveal(), covered, "sha256")


def _begin(session_id: SessionId, root: Root, side: Side, ratchet: Ratchet) -> SessionCipher:
    return SessionCipher(
        session_id=session_id,
        transcript=root.transcript,
        header_key=derive(root.secret, _HEADER_LABEL[side]),
        peer_header_key=derive(root.secret, _HEADER_LABEL[_PEER[side]]),
        ratchet=ratchet,
        pq=pq_step.start(side, root.secret),
    )


def _message_key(key: Secret, pq_key: Secret) -> Secret:
    return derive(key, Label.MESSAGE, salt=pq_key.reveal())


def _frame(session_id: SessionId, header: Header, mac: bytes, ciphertext: bytes) -> MessageFrame:
    return MessageFrame(session_id=session_id, header=header, header_mac=mac, ciphertext=ciphertext)
