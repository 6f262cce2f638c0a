"""The primitives we use against Wycheproof's vectors, through the doors we use them by."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.exceptions import CryptoError as SodiumError
from nacl.signing import VerifyKey

from agentmesh.crypto import kem, x25519
from agentmesh.crypto.aead import open_box
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError
from tests.vectors import wycheproof
from tests.vectors.wycheproof import Test

pytestmark = pytest.mark.skipif(not wycheproof.FOLDER.is_dir(), reason=wycheproof.MISSING)
raw = bytes.fromhex


def wrong(name: str, accepts: Callable[[Test, Test], bool], **only: Any) -> list[int]:
    """Return the numbers of the tests whose outcome is not the expected one."""
    chosen = [
        (group, test)
        for group, test in wycheproof.load(name)
        if all(group[field] == value for field, value in only.items())
    ]
    assert chosen
    return [
        test["tcId"]
        for group, test in chosen
        if accepts(group, test) != (test["result"] == "valid")
    ]


def test_ed25519() -> None:
    def accepts(group: Test, test: Test) -> bool:
        try:
            VerifyKey(raw(group["publicKey"]["pk"])).verify(raw(test["msg"]), raw(test["sig"]))
        except (SodiumError, ValueError):
            return False
        return True

    assert wrong("ed25519", accepts) == []


def test_x25519_and_every_result_of_zero_is_refused() -> None:
    refused = 0
    for _, test in wycheproof.load("x25519"):
        shared = raw(test["shared"])
        try:
            found = x25519.exchange(Secret(raw(test["private"])), raw(test["public"]))
        except CryptoError:
            assert not any(shared), test["tcId"]
            refused += 1
        else:
            assert found == shared, test["tcId"]
    assert refused > 10


def test_hkdf() -> None:
    def accepts(_: Test, test: Test) -> bool:
        try:
            hkdf = HKDF(SHA256(), test["size"], raw(test["salt"]), raw(test["info"]))
        except ValueError:
            return False
        return hkdf.derive(raw(test["ikm"])) == raw(test["okm"])

    assert wrong("hkdf_sha256", accepts) == []


def test_xchacha20_poly1305() -> None:
    def accepts(_: Test, test: Test) -> bool:
        box = raw(test["iv"]) + raw(test["ct"]) + raw(test["tag"])
        try:
            return open_box(Secret(raw(test["key"])), box, raw(test["aad"])) == raw(test["msg"])
        except CryptoError:
            return False

    assert wrong("xchacha20_poly1305", accepts) == []


def test_aes_gcm_with_the_nonces_we_use() -> None:
    def accepts(_: Test, test: Test) -> bool:
        box = raw(test["ct"]) + raw(test["tag"])
        try:
            found = AESGCM(raw(test["key"])).decrypt(raw(test["iv"]), box, raw(test["aad"]))
        except (InvalidTag, ValueError):
            return False
        return found == raw(test["msg"])

    assert wrong("aes_gcm", accepts, ivSize=96) == []


def test_ml_kem_768() -> None:
    def accepts(_: Test, test: Test) -> bool:
        seed = Secret(raw(test["seed"]))
        try:
            fits = kem.public_key(seed) == raw(test["ek"])
            return fits and kem.decapsulate(seed, raw(test["c"])) == Secret(raw(test["K"]))
        except CryptoError:
            return False

    assert wrong("mlkem_768", accepts) == []


def test_ml_kem_768_keys_from_seeds() -> None:
    for _, test in wycheproof.load("mlkem_768_keygen_seed"):
        assert kem.public_key(Secret(raw(test["seed"]))) == raw(test["ek"])
