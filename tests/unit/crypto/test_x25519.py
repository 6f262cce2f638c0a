import os

import pytest

from agentmesh.crypto import x25519
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError

# Points of small order on the curve and its twist (RFC 7748, section 7; https://cr.yp.to/ecdh.html).
LOW_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def test_both_sides_share_a_secret() -> None:
    one, two = x25519.generate(os.urandom), x25519.generate(os.urandom)
    shared = x25519.exchange(one, x25519.public_key(two))
    assert shared == x25519.exchange(two, x25519.public_key(one))


@pytest.mark.parametrize("point", LOW_ORDER)
def test_points_of_low_order_are_refused(point: str) -> None:
    with pytest.raises(CryptoError, match="point_invalid"):
        x25519.exchange(x25519.generate(os.urandom), bytes.fromhex(point))


@pytest.mark.parametrize("size", [0, 31, 33])
def test_keys_of_another_size_are_refused(size: int) -> None:
    with pytest.raises(CryptoError, match="point_invalid"):
        x25519.exchange(x25519.generate(os.urandom), b"\x09" * size)
    with pytest.raises(CryptoError, match="point_invalid"):
        x25519.exchange(Secret(b"\x09" * size), b"\x09" * 32)
    with pytest.raises(CryptoError, match="point_invalid"):
        x25519.public_key(Secret(b"\x09" * size))


def test_the_key_comes_from_the_entropy() -> None:
    assert x25519.generate(lambda size: b"k" * size) == Secret(b"k" * 32)
