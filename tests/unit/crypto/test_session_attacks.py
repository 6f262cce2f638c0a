"""What somebody on the wire, a lying peer or a thief of a state achieves: nothing."""

import os

import msgspec
import pytest

from agentmesh.crypto.session_cipher import SessionCipher, encode_header, header_mac
from agentmesh.errors import CryptoError
from agentmesh.protocol import frames
from agentmesh.protocol.ids import SessionId
from tests.support.cipher_dialogue import begun
from tests.support.crypto_parties import NOON, fixed_root


@pytest.mark.parametrize("field", ["ratchet_key", "previous_length", "number", "frame", "pq"])
def test_no_part_of_the_header_can_be_changed(field: str) -> None:
    talk = begun()
    frame = talk.from_alice()
    value = getattr(frame.header, field)
    other = bytes(32) if field == "ratchet_key" else None
    if other is None:
        other = frames.PqHeader(1) if field == "pq" else value + 1
    header = msgspec.structs.replace(frame.header, **{field: other})
    assert talk.bob_refuses(msgspec.structs.replace(frame, header=header)) == "frame_forged"


def test_no_bit_of_a_frame_can_be_changed() -> None:
    talk = begun()
    frame = talk.from_alice()
    for field in ("ciphertext", "header_mac"):
        for index in (0, 1, 23, 24, 31, -1):
            forged = bytearray(getattr(frame, field))
            forged[index] ^= 1
            changed = msgspec.structs.replace(frame, **{field: bytes(forged)})
            assert talk.bob_refuses(changed) == "frame_forged"
    cut = msgspec.structs.replace(frame, ciphertext=frame.ciphertext[:-1])
    assert talk.bob_refuses(cut) == "frame_forged"
    moved = msgspec.structs.replace(frame, session_id=SessionId("other"))
    assert talk.bob_refuses(moved) == "frame_forged"
    assert talk.to_bob(frame) == b"hello"


def test_a_frame_is_not_reflected_and_not_carried_into_another_session() -> None:
    talk = begun()
    frame = talk.from_alice()
    with pytest.raises(CryptoError, match="frame_forged"):
        talk.to_alice(frame)
    root, private = fixed_root()
    elsewhere = SessionCipher.responder(SessionId("other"), root, private)
    moved = msgspec.structs.replace(frame, session_id=SessionId("other"))
    with pytest.raises(CryptoError, match="frame_forged"):
        elsewhere.open(moved, NOON, os.urandom)


def test_the_transcript_is_bound() -> None:
    talk = begun()
    frame = talk.from_alice()
    talk.bob = msgspec.structs.replace(talk.bob, transcript=b"\x99" * 32)
    assert talk.bob_refuses(frame) == "message_invalid"


def test_a_peer_who_lies_about_its_own_counts_is_refused_and_changes_nothing() -> None:
    talk = begun()
    frame = talk.from_alice()
    for lie in (
        {"number": 900},
        {"frame": 900},
        {"previous_length": 2**31, "ratchet_key": b"\x09" + bytes(31)},
        {"ratchet_key": bytes(32), "number": 0},
        {"pq": frames.PqHeader(1, None, bytes(1088))},
    ):
        header = msgspec.structs.replace(frame.header, **lie)
        encoded = encode_header(header)
        mac = header_mac(talk.alice.header_key, talk.alice.session_id, encoded, frame.ciphertext)
        signed = msgspec.structs.replace(frame, header=header, header_mac=mac)
        assert talk.bob_refuses(signed) == "message_invalid"
    assert talk.to_bob(frame) == b"hello"


def test_a_stolen_state_reads_nothing_after_two_changes_of_direction() -> None:
    talk = begun()
    talk.to_alice(talk.from_bob())
    stolen = talk.bob
    for _ in range(2):
        talk.to_bob(talk.from_alice())
        talk.to_alice(talk.from_bob())
    with pytest.raises(CryptoError):
        stolen.open(talk.from_alice(b"healed"), NOON, os.urandom)


def test_a_stolen_state_reads_nothing_from_before() -> None:
    talk = begun()
    frame = talk.from_alice(b"before")
    talk.to_bob(frame)
    assert talk.bob_refuses(frame) == "frame_replayed"
    # Not for want of trying: without the replay check the key is not there.
    rewound = msgspec.structs.replace(talk.bob, highest=frame.header.frame - 1)
    with pytest.raises(CryptoError, match="message_invalid"):
        rewound.open(frame, NOON, os.urandom)


def test_no_nonce_is_used_twice() -> None:
    talk = begun()
    nonces = []
    for _ in range(50):
        frame = talk.from_alice()
        # A state restored from a backup sends again on an old chain: the nonce must differ.
        _, again = talk.alice.seal(b"hello", NOON, os.urandom)
        nonces += [frame.ciphertext[:24], again.ciphertext[:24]]
        nonces.append(talk.alice.seal_receipt(b"r", os.urandom).box[:24])
    assert len(set(nonces)) == len(nonces)
