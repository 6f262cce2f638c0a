import os

import msgspec
import pytest

from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol import frames
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.limits import PQ_STEP_SECONDS
from tests.support.cipher_dialogue import Dialogue, begun, saved
from tests.support.crypto_parties import NOON


def test_receipts_pass_in_both_directions_without_changing_anything() -> None:
    talk = begun()
    before = saved(talk.alice), saved(talk.bob)
    assert talk.alice.open_receipt(talk.bob.seal_receipt(b"up to 7", os.urandom)) == b"up to 7"
    assert talk.bob.open_receipt(talk.alice.seal_receipt(b"up to 9", os.urandom)) == b"up to 9"
    assert before == (saved(talk.alice), saved(talk.bob))


def test_the_responder_may_confirm_before_it_can_send() -> None:
    talk = Dialogue()
    assert talk.alice.open_receipt(talk.bob.seal_receipt(b"r", os.urandom)) == b"r"


def test_receipts_have_one_size() -> None:
    talk = begun()
    receipts = [talk.alice.seal_receipt(bytes(size), os.urandom) for size in (0, 1, 100, 255)]
    assert len({len(frames.encode(receipt)) for receipt in receipts}) == 1
    with pytest.raises(UsageError):
        talk.alice.seal_receipt(bytes(256), os.urandom)


def test_a_forged_moved_or_reflected_receipt_is_refused() -> None:
    talk = begun()
    receipt = talk.alice.seal_receipt(b"r", os.urandom)
    with pytest.raises(CryptoError, match="receipt_invalid"):
        talk.alice.open_receipt(receipt)
    other = msgspec.structs.replace(talk.bob, session_id=SessionId("other"))
    with pytest.raises(CryptoError, match="receipt_invalid"):
        other.open_receipt(receipt)
    for change in ({"epoch": 1}, {"box": receipt.box[:-1]}, {"box": b""}):
        with pytest.raises(CryptoError, match="receipt_invalid"):
            talk.bob.open_receipt(msgspec.structs.replace(receipt, **change))
    for bit in range(0, len(receipt.box) * 8, 7):
        box = bytearray(receipt.box)
        box[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CryptoError, match="receipt_invalid"):
            talk.bob.open_receipt(msgspec.structs.replace(receipt, box=bytes(box)))


def test_receipts_open_at_every_moment_of_a_step() -> None:
    talk = begun()
    for turn in range(1, 12):
        now = NOON + turn * PQ_STEP_SECONDS
        for speak, hear in ((talk.from_alice, talk.to_bob), (talk.from_bob, talk.to_alice)):
            frame = speak(now=now)
            for _ in range(2):
                bob_says = talk.bob.seal_receipt(b"b", os.urandom)
                alice_says = talk.alice.seal_receipt(b"a", os.urandom)
                assert talk.alice.open_receipt(bob_says) == b"b"
                assert talk.bob.open_receipt(alice_says) == b"a"
                if frame is not None:
                    hear(frame, now)
                    frame = None
    assert talk.alice.seal_receipt(b"", os.urandom).epoch > 3


def test_a_receipt_of_an_epoch_long_gone_is_refused() -> None:
    talk = begun()
    old = talk.alice.seal_receipt(b"old", os.urandom)
    for turn in range(1, 6):
        now = NOON + turn * PQ_STEP_SECONDS
        talk.to_bob(talk.from_alice(now=now), now)
        talk.to_alice(talk.from_bob(now=now), now)
    with pytest.raises(CryptoError, match="receipt_invalid"):
        talk.bob.open_receipt(old)
