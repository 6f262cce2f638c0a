import os

import msgspec
import pytest

from agentmesh.crypto.padding import BUCKETS
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.wrapping import Wrapping
from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol import frames
from agentmesh.protocol.frames import NumberedFrame, SessionFrame
from agentmesh.protocol.ids import SessionId
from tests.support.cipher_dialogue import begun
from tests.support.crypto_parties import KNOCK

SECRET, TRANSCRIPT = Secret(b"\x17" * 32), b"\x23" * 32
ALICE = Wrapping(session_id=KNOCK, transcript=TRANSCRIPT, secret=SECRET, side="initiator")
BOB = msgspec.structs.replace(ALICE, side="responder")


def refusal(wrapping: Wrapping, frame: SessionFrame) -> str:
    with pytest.raises(CryptoError) as caught:
        wrapping.open(frame, 10)
    return caught.value.code


def test_the_initiator_speaks_first() -> None:
    with pytest.raises(UsageError):
        BOB.seal(b"too early", os.urandom)
    _, frame = ALICE.seal(b"hello", os.urandom)
    bob, content = BOB.open(frame, 10)
    assert content == b"hello"
    _, answer = bob.seal(b"hi", os.urandom)
    assert ALICE.open(answer, 10)[1] == b"hi"


def test_a_frame_is_bound_to_its_number_session_side_and_handshake() -> None:
    _, frame = ALICE.seal(b"hello", os.urandom)
    assert refusal(ALICE, frame) == "frame_forged"  # reflected
    for other in (
        msgspec.structs.replace(BOB, session_id=SessionId("other")),
        msgspec.structs.replace(BOB, transcript=b"\x24" * 32),
        msgspec.structs.replace(BOB, secret=Secret(b"\x18" * 32)),
    ):
        moved = msgspec.structs.replace(frame, session_id=other.session_id)
        assert refusal(other, moved) == "frame_forged"
    assert refusal(BOB, msgspec.structs.replace(frame, number=2)) == "frame_forged"
    assert refusal(BOB, msgspec.structs.replace(frame, box=frame.box[:-1])) == "frame_forged"
    assert refusal(BOB, msgspec.structs.replace(frame, box=b"")) == "frame_forged"


def test_a_forged_number_costs_nothing_and_skips_nothing() -> None:
    frame = NumberedFrame(session_id=KNOCK, number=2**31, box=os.urandom(2000))
    assert refusal(BOB, frame) == "frame_forged"


def test_a_frame_of_another_suite_is_no_frame_of_this_session() -> None:
    assert refusal(BOB, begun().from_alice()) == "frame_forged"
    _, frame = ALICE.seal(b"hello", os.urandom)
    assert begun().bob_refuses(frame) == "frame_forged"  # type: ignore[arg-type]


def test_a_content_has_the_same_key_only_under_its_own_number() -> None:
    after, one = ALICE.seal(b"same", os.urandom)
    _, two = after.seal(b"same", os.urandom)
    assert one.box != two.box
    assert refusal(BOB, msgspec.structs.replace(two, number=1)) == "frame_forged"


def test_frames_have_one_of_the_sizes_and_receipts_theirs() -> None:
    sizes, wrapping = set(), ALICE
    for size in (0, 1, 500, 1900, 2100, 30_000, 90_000):
        wrapping, frame = wrapping.seal(bytes(size), os.urandom)
        sizes.add(len(frames.encode(frame)))
    assert sizes <= {bucket - less for bucket in BUCKETS for less in (0, 2)}
    receipts = {len(frames.encode(ALICE.seal_receipt(b"r" * n, os.urandom))) for n in (0, 200)}
    assert len(receipts) == 1


def test_a_receipt_is_the_peers_of_this_session_and_of_epoch_zero() -> None:
    receipt = ALICE.seal_receipt(b"all", os.urandom)
    assert BOB.open_receipt(receipt) == b"all"
    elsewhere = msgspec.structs.replace(BOB, session_id=SessionId("other"))
    later = msgspec.structs.replace(receipt, epoch=1)
    for side, frame in ((ALICE, receipt), (elsewhere, receipt), (BOB, later)):
        with pytest.raises(CryptoError, match="receipt_invalid"):
            side.open_receipt(frame)
