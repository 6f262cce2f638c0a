import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings

from agentmesh.crypto.aead import NONCE_BYTES, OVERHEAD, open_box, seal_box
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, UsageError

KEY = Secret(b"\x05" * 32)


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_what_was_sealed_opens(plaintext: bytes, aad: bytes) -> None:
    box = seal_box(KEY, plaintext, aad, os.urandom)
    assert len(box) == len(plaintext) + OVERHEAD
    assert open_box(KEY, box, aad) == plaintext


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_a_box_is_what_the_library_makes_by_its_public_door(plaintext: bytes, aad: bytes) -> None:
    box = seal_box(KEY, plaintext, aad, os.urandom)
    nonce, sealed = box[:NONCE_BYTES], box[NONCE_BYTES:]
    theirs = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        plaintext, aad, nonce, KEY.reveal()
    )
    assert sealed == theirs


def test_a_key_or_a_nonce_of_another_size_is_never_handed_on() -> None:
    box = seal_box(KEY, b"text", b"", os.urandom)
    for size in (0, 31, 33):
        with pytest.raises(UsageError, match="has 32 bytes"):
            seal_box(Secret(bytes(size)), b"text", b"", os.urandom)
        with pytest.raises(UsageError, match="has 32 bytes"):
            open_box(Secret(bytes(size)), box, b"")
    with pytest.raises(UsageError, match="has 32 bytes"):
        seal_box(KEY, b"text", b"", lambda size: bytes(size - 1))


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
