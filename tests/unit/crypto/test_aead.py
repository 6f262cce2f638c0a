import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.aead import NONCE_BYTES, OVERHEAD, open_box, seal_box
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError

KEY = Secret(b"\x05" * 32)


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_was_sealed_opens(plaintext: bytes, aad: bytes) -> None:
    box = seal_box(KEY, plaintext, aad, os.urandom)
    assert len(box) == len(plaintext) + OVERHEAD
    assert open_box(KEY, box, aad) == plaintext


def test_no_flipped_bit_is_accepted() -> None:
    box = seal_box(KEY, b"text", b"aad", os.urandom)
    for bit in range(len(box) * 8):
        forged = bytearray(box)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CryptoError):
            open_box(KEY, bytes(forged), b"aad")


def test_no_truncated_box_is_accepted() -> None:
    box = seal_box(KEY, b"text", b"aad", os.urandom)
    for size in range(len(box)):
        with pytest.raises(CryptoError, match="box_invalid"):
            open_box(KEY, box[:size], b"aad")


def test_other_associated_data_and_other_keys_do_not_fit() -> None:
    box = seal_box(KEY, b"text", b"aad", os.urandom)
    for key, aad in ((KEY, b"other"), (KEY, b""), (Secret(b"\x06" * 32), b"aad")):
        with pytest.raises(CryptoError):
            open_box(key, box, aad)


def test_the_nonce_comes_from_the_entropy() -> None:
    box = seal_box(KEY, b"", b"", lambda size: b"n" * size)
    assert box[:NONCE_BYTES] == b"n" * NONCE_BYTES
