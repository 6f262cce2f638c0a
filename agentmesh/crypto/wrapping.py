"""The outer layer of the suites below the floor: one key a frame, all of them from one secret.

It authenticates frames, binds them to the handshake and to their number, knows replays, and gives
frames and receipts their sizes. It forgets nothing: whoever has its secret opens every frame of the
session. What `olm.v1` puts inside does forget; `x3dh-only.v1` puts the bare parcel inside.
"""

import msgspec

from agentmesh.crypto.aead import open_box, seal_box
from agentmesh.crypto.kdf import Label, derive, join
from agentmesh.crypto.padding import RECEIPT_BYTES, pad, pad_frame, unpad
from agentmesh.crypto.pq_step import Side
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.window import Window
from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol import frames
from agentmesh.protocol.frames import NumberedFrame, ReceiptFrame, SessionFrame
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.world import Entropy

_NUMBER_BYTES = 4
_ONLY_EPOCH = 0
_PEER: dict[Side, Side] = {"initiator": "responder", "responder": "initiator"}
_FRAMES: dict[Side, Label] = {
    "initiator": Label.FRAMES_OF_INITIATOR,
    "responder": Label.FRAMES_OF_RESPONDER,
}
_RECEIPTS: dict[Side, Label] = {
    "initiator": Label.RECEIPT_OF_INITIATOR,
    "responder": Label.RECEIPT_OF_RESPONDER,
}


class Wrapping(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One side's outer layer. `sent` counts our frames, `window` the peer's. A value."""

    session_id: SessionId
    transcript: bytes
    secret: Secret
    side: Side
    sent: int = 0
    window: Window = Window()

    @property
    def can_send(self) -> bool:
        """Whether `seal` may be called: the initiator speaks first, as in every suite."""
        return self.side == "initiator" or self.window.highest > 0

    def seal(self, content: bytes, entropy: Entropy) -> tuple["Wrapping", NumberedFrame]:
        """Return the next layer, and the frame that may leave once that layer is saved."""
        if not self.can_send:
            raise UsageError("session_not_ready", "The initiator's first message is not here yet.")
        number = self.sent + 1
        bare = NumberedFrame(session_id=self.session_id, number=number, box=b"")
        padded = pad_frame(content, len(frames.encode(bare)))
        key = self._frame_key(self.side, number)
        box = seal_box(key, padded, self._bound_to(number), entropy)
        after = msgspec.structs.replace(self, sent=number)
        return after, msgspec.structs.replace(bare, box=box)

    def open(self, frame: SessionFrame, most_missing: int) -> tuple["Wrapping", bytes]:
        """Return the next layer and what was inside, or raise `CryptoError`.

        `frame_forged` (not from the peer), `frame_replayed`, `excessive_skip`.
        """
        if not isinstance(frame, NumberedFrame) or frame.session_id != self.session_id:
            raise CryptoError("frame_forged")
        key = self._frame_key(_PEER[self.side], frame.number)
        try:
            content = unpad(open_box(key, frame.box, self._bound_to(frame.number)))
        except CryptoError:
            raise CryptoError("frame_forged") from None
        window = self.window.take(frame.number, most_missing)
        return msgspec.structs.replace(self, window=window), content

    def seal_receipt(self, body: bytes, entropy: Entropy) -> ReceiptFrame:
        """Return a receipt. It changes no state: losing it, or repeating it, costs nothing."""
        key = derive(self.secret, _RECEIPTS[self.side])
        box = seal_box(key, pad(body, RECEIPT_BYTES), self._bound_to(_ONLY_EPOCH), entropy)
        return ReceiptFrame(session_id=self.session_id, epoch=_ONLY_EPOCH, box=box)

    def open_receipt(self, frame: ReceiptFrame) -> bytes:
        """Return a receipt's body, or raise `CryptoError` (`receipt_invalid`)."""
        key = derive(self.secret, _RECEIPTS[_PEER[self.side]])
        try:
            if frame.epoch != _ONLY_EPOCH:
                raise CryptoError("receipt_invalid")
            return unpad(open_box(key, frame.box, self._bound_to(_ONLY_EPOCH)))
        except CryptoError:
            raise CryptoError("receipt_invalid") from None

    def _frame_key(self, side: Side, number: int) -> Secret:
        direction = derive(self.secret, _FRAMES[side])
        return derive(direction, Label.FRAME, context=_encoded(number))

    def _bound_to(self, number: int) -> bytes:
        return join(self.transcript, self.session_id.encode(), _encoded(number))


def _encoded(number: int) -> bytes:
    return number.to_bytes(_NUMBER_BYTES, "big")
