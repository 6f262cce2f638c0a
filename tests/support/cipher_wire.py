"""Two ciphers over a wire that delays, drops, doubles, reorders and forges, and crashes too."""

import os

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agentmesh.crypto.cipher import Cipher
from agentmesh.errors import CryptoError
from agentmesh.protocol import frames
from agentmesh.protocol.frames import MessageFrame, NumberedFrame, ReceiptFrame, SessionFrame
from tests.support.cipher_dialogue import loaded, saved
from tests.support.crypto_parties import NOON, session

SIDES = st.sampled_from([0, 1])
PICK = st.integers(0, 1000)
SELDOM = st.sampled_from([False] * 7 + [True])


class Wire(RuleBasedStateMachine):
    """`ciphers` is what was saved; a crash goes on from there. Each suite has a test of its own."""

    gives_up = False
    """Whether the suite keeps so few keys that a session may end by disorder alone."""

    def pair(self) -> tuple[Cipher, Cipher]:
        """Return both sides at the very beginning."""
        return session()

    def __init__(self) -> None:
        super().__init__()
        self.ciphers: list[Cipher] = list(self.pair())
        self.said = 0
        self.now = NOON
        self.under_way: list[list[tuple[bytes, bytes]]] = [[], []]
        self.heard: list[list[tuple[bytes, bytes]]] = [[], []]
        self.boxes: set[bytes] = set()

    @rule(side=SIDES, crashes=SELDOM, dropped=SELDOM)
    def send(self, side: int, crashes: bool, dropped: bool) -> None:
        if not self.ciphers[side].can_send:
            return
        self.said += 1
        self.now += 300.0  # a post-quantum step is due every other frame
        text = b"message %d" % self.said
        after, frame = self.ciphers[side].seal(text, self.now, os.urandom)
        assert box_of(frame)[:24] not in self.boxes
        self.boxes.add(box_of(frame)[:24])
        if not crashes:  # nothing leaves that was not saved
            self.ciphers[side] = loaded(saved(after))
            if not dropped:
                self.under_way[1 - side].append((text, frames.encode(frame)))

    @rule(side=SIDES)
    def arrive_in_order(self, side: int) -> None:
        while self.under_way[side]:
            self.deliver(side, 0, crashes=False)

    @rule(side=SIDES, pick=PICK, crashes=SELDOM)
    def deliver(self, side: int, pick: int, crashes: bool) -> None:
        waiting = self.under_way[side]
        if not waiting:
            return
        index = pick % len(waiting)
        text, data = waiting[index]
        try:
            after, opened = self.ciphers[side].open(message(data), self.now, os.urandom)
        except CryptoError as error:
            if not self.gives_up or error.code != "excessive_skip":
                raise
            waiting.pop(index)
            return
        assert opened == text
        if not crashes:
            self.ciphers[side] = after
            self.heard[side].append(waiting.pop(index))

    @rule(side=SIDES, pick=PICK)
    def deliver_again(self, side: int, pick: int) -> None:
        if self.heard[side]:
            _, data = self.heard[side][pick % len(self.heard[side])]
            with pytest.raises(CryptoError, match="frame_replayed"):
                self.ciphers[side].open(message(data), self.now, os.urandom)

    @rule(side=SIDES, pick=PICK, bit=st.integers(0, 10_000))
    def forge(self, side: int, pick: int, bit: int) -> None:
        everything = self.under_way[side] + self.heard[side]
        if everything:
            frame = message(everything[pick % len(everything)][1])
            box = bytearray(box_of(frame))
            box[bit // 8 % len(box)] ^= 1 << bit % 8
            field = "ciphertext" if isinstance(frame, MessageFrame) else "box"
            forged = msgspec.structs.replace(frame, **{field: bytes(box)})
            with pytest.raises(CryptoError, match="frame_forged"):
                self.ciphers[side].open(forged, self.now, os.urandom)

    @rule(seconds=st.sampled_from([1.0, 700.0, -100.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.ciphers[1].can_send)
    @invariant()
    def receipts_open(self) -> None:
        for side in (0, 1):
            sealed = self.ciphers[side].seal_receipt(b"r", os.urandom)
            receipt = frames.decode(frames.encode(sealed))
            assert isinstance(receipt, ReceiptFrame)
            assert self.ciphers[1 - side].open_receipt(receipt) == b"r"

    def teardown(self) -> None:
        for side in (0, 1):
            while self.under_way[side]:
                self.deliver(side, 0, crashes=False)
            texts = [text for text, _ in self.heard[side]]
            assert len(texts) == len(set(texts))


def message(data: bytes) -> SessionFrame:
    """Return a frame as it came off the wire."""
    frame = frames.decode(data)
    assert isinstance(frame, MessageFrame | NumberedFrame)
    return frame


def box_of(frame: SessionFrame) -> bytes:
    """Return what is encrypted in it."""
    return frame.ciphertext if isinstance(frame, MessageFrame) else frame.box
