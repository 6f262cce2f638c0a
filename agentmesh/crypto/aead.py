"""XChaCha20-Poly1305 with a random nonce in front.

The nonce is drawn, never counted: a state that was restored from a backup would count it twice.
"""

from nacl import bindings
from nacl.exceptions import CryptoError as SodiumError

from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError
from agentmesh.protocol.world import Entropy

NONCE_BYTES = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
TAG_BYTES = bindings.crypto_aead_xchacha20poly1305_ietf_ABYTES
OVERHEAD = NONCE_BYTES + TAG_BYTES


def seal_box(key: Secret, plaintext: bytes, aad: bytes, entropy: Entropy) -> bytes:
    """Return nonce and ciphertext."""
    nonce = entropy(NONCE_BYTES)
    return nonce + bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        plaintext, aad, nonce, key.reveal()
    )


def open_box(key: Secret, box: bytes, aad: bytes) -> bytes:
    """Return the plaintext, or raise `CryptoError` (`box_invalid`)."""
    if len(box) < OVERHEAD:
        raise CryptoError("box_invalid")
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            box[NONCE_BYTES:], aad, box[:NONCE_BYTES], key.reveal()
        )
    except SodiumError:
        raise CryptoError("box_invalid") from None
