"""X25519 (RFC 7748), with the points refused that give everybody the same secret."""

from nacl import bindings
from nacl.exceptions import CryptoError as SodiumError

from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError
from agentmesh.protocol.world import Entropy

KEY_BYTES = 32
_PRIME = 2**255 - 19
# Which one does not matter: a point of low order gives zero with every private key.
_ANY_PRIVATE = Secret(b"\x01" * KEY_BYTES)


def generate(entropy: Entropy) -> Secret:
    """Return a new private key."""
    return Secret(entropy(KEY_BYTES))


def public_key(private: Secret) -> bytes:
    """Return the public half."""
    _check_size(private.reveal())
    return bindings.crypto_scalarmult_base(private.reveal())


def exchange(private: Secret, public: bytes) -> bytes:
    """Return the shared secret; refuse a point of low order, whose result is zero."""
    _check_size(private.reveal())
    _check_size(public)
    try:
        shared = bindings.crypto_scalarmult(private.reveal(), public)
    except SodiumError:
        raise CryptoError("point_invalid") from None
    # libsodium refuses it too; this is the check that must not depend on a build.
    if not any(shared):
        raise CryptoError("point_invalid")
    return shared


def check(public: bytes) -> None:
    """Raise `CryptoError` for a point of low order, and for a second spelling of another one."""
    exchange(_ANY_PRIVATE, public)
    if int.from_bytes(public, "little") >= _PRIME:
        raise CryptoError("point_invalid")


def _check_size(key: bytes) -> None:
    # PyNaCl hands any bytes on, and libsodium would read past the end of short ones.
    if len(key) != KEY_BYTES:
        raise CryptoError("point_invalid")
