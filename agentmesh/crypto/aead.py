"""XChaCha20-Poly1305 with a random nonce in front.

The nonce is drawn, never counted: a state that was restored from a backup would count it twice.
"""

from nacl import bindings
from nacl._sodium import ffi, lib  # its public door costs more than the cipher: decision 34

from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol.world import Entropy

KEY_BYTES = bindings.crypto_aead_xchacha20poly1305_ietf_KEYBYTES
NONCE_BYTES = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
TAG_BYTES = bindings.crypto_aead_xchacha20poly1305_ietf_ABYTES
OVERHEAD = NONCE_BYTES + TAG_BYTES

_room = ffi.typeof("unsigned char[]")


def seal_box(key: Secret, plaintext: bytes, aad: bytes, entropy: Entropy) -> bytes:
    """Return nonce and ciphertext."""
    nonce, raw = entropy(NONCE_BYTES), key.reveal()
    if len(raw) != KEY_BYTES or len(nonce) != NONCE_BYTES:
        raise UsageError("key_size", f"A key has {KEY_BYTES} bytes, its nonce {NONCE_BYTES}.")
    sealed = ffi.new(_room, len(plaintext) + TAG_BYTES)
    lib.crypto_aead_xchacha20poly1305_ietf_encrypt(
        sealed, ffi.NULL, plaintext, len(plaintext), aad, len(aad), ffi.NULL, nonce, raw
    )
    box: bytes = nonce + ffi.buffer(sealed)[:]
    return box


def open_box(key: Secret, box: bytes, aad: bytes) -> bytes:
    """Return the plaintext, or raise `CryptoError` (`box_invalid`)."""
    raw, length = key.reveal(), len(box) - NONCE_BYTES
    if len(raw) != KEY_BYTES:
        raise UsageError("key_size", f"A key has {KEY_BYTES} bytes.")
    if length < TAG_BYTES:
        raise CryptoError("box_invalid")
    opened = ffi.new(_room, max(length - TAG_BYTES, 1))
    sealed = ffi.from_buffer(box)
    failed = lib.crypto_aead_xchacha20poly1305_ietf_decrypt(
        opened, ffi.NULL, ffi.NULL, sealed + NONCE_BYTES, length, aad, len(aad), sealed, raw
    )
    if failed:
        raise CryptoError("box_invalid")
    plaintext: bytes = ffi.buffer(opened, length - TAG_BYTES)[:]
    return plaintext
