"""ML-KEM-768 (FIPS 203). A private key is kept as the 64 bytes of its seed."""

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey

from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError
from agentmesh.protocol.world import Entropy

SEED_BYTES = 64
PUBLIC_BYTES = 1184
CIPHERTEXT_BYTES = 1088
KEM_KEY_INVALID = "kem_key_invalid"


def generate(entropy: Entropy) -> Secret:
    """Return a new private key, as its seed."""
    return Secret(entropy(SEED_BYTES))


def public_key(private: Secret) -> bytes:
    """Return the public half."""
    return _private(private).public_key().public_bytes_raw()


def check(public: bytes) -> None:
    """Raise `CryptoError` if nothing can be encapsulated to this key."""
    _public(public)


def encapsulate(public: bytes) -> tuple[Secret, bytes]:
    """Return a fresh secret and the ciphertext that carries it. Draws its own randomness."""
    secret, ciphertext = _public(public).encapsulate()
    return Secret(secret), ciphertext


def decapsulate(private: Secret, ciphertext: bytes) -> Secret:
    """Return the secret. A forged ciphertext gives another secret, not an error (FIPS 203, 6.3)."""
    return _decapsulated(_private(private), ciphertext)


def decapsulate_naming(private: Secret, ciphertext: bytes) -> tuple[Secret, bytes]:
    """Return the secret and the public half: to make a key of its seed is what takes long."""
    key = _private(private)
    return _decapsulated(key, ciphertext), key.public_key().public_bytes_raw()


def _decapsulated(key: MLKEM768PrivateKey, ciphertext: bytes) -> Secret:
    try:
        return Secret(key.decapsulate(ciphertext))
    except ValueError:
        raise CryptoError("kem_ciphertext_invalid") from None


@lru_cache(16)  # a bundle's key is checked, and then used twice
def _public(public: bytes) -> MLKEM768PublicKey:
    try:
        return MLKEM768PublicKey.from_public_bytes(public)
    except ValueError:
        raise CryptoError(KEM_KEY_INVALID) from None


def _private(private: Secret) -> MLKEM768PrivateKey:
    try:
        return MLKEM768PrivateKey.from_seed_bytes(private.reveal())
    except ValueError:
        raise CryptoError(KEM_KEY_INVALID) from None
