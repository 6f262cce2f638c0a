import os

import pytest

from agentmesh.crypto import kem
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError


def test_the_secret_arrives() -> None:
    private = kem.generate(os.urandom)
    secret, ciphertext = kem.encapsulate(kem.public_key(private))
    assert len(ciphertext) == kem.CIPHERTEXT_BYTES
    assert kem.decapsulate(private, ciphertext) == secret


def test_the_secret_arrives_with_the_name_of_its_key() -> None:
    private = kem.generate(os.urandom)
    public = kem.public_key(private)
    secret, ciphertext = kem.encapsulate(public)
    assert kem.decapsulate_naming(private, ciphertext) == (secret, public)


def test_a_key_is_its_seed() -> None:
    private = kem.generate(lambda size: b"s" * size)
    assert private == Secret(b"s" * kem.SEED_BYTES)
    assert kem.public_key(private) == kem.public_key(Secret(b"s" * 64))


def test_a_forged_ciphertext_gives_another_secret_and_no_error() -> None:
    private = kem.generate(os.urandom)
    secret, ciphertext = kem.encapsulate(kem.public_key(private))
    forged = bytes([ciphertext[0] ^ 1]) + ciphertext[1:]
    assert kem.decapsulate(private, forged) != secret


@pytest.mark.parametrize("size", [0, 1087, 1089])
def test_a_ciphertext_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(CryptoError, match="kem_ciphertext_invalid"):
        kem.decapsulate(kem.generate(os.urandom), bytes(size))


@pytest.mark.parametrize("public", [b"", bytes(1183), b"\xff" * 1184])
def test_keys_that_are_none_are_refused(public: bytes) -> None:
    for use in (kem.check, kem.encapsulate):
        with pytest.raises(CryptoError, match="kem_key_invalid"):
            use(public)


def test_a_seed_of_another_size_is_refused() -> None:
    with pytest.raises(CryptoError, match="kem_key_invalid"):
        kem.public_key(Secret(bytes(63)))
