"""The frozen certificates of sessions: a common X.509 library's reading, and AgentMesh's."""

import contextlib
import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.x509.oid import NameOID

from agentmesh.errors import AgentMeshError
from agentmesh.protocol.certificates.session import bound, check_session
from agentmesh.protocol.frames import Handshake
from agentmesh.protocol.ids import Amid, SessionId
from tests.vectors.check import load
from tests.vectors.reading import raw

Case = dict[str, Any]

LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
VALID, MUST_FAIL = load("session_certificate")


def held(case: Case) -> bool:
    """Whether the certificate is what docs/protocol.md says, by `cryptography` and hashlib."""
    found = x509.load_der_x509_certificate(raw(case["certificate"]))
    key, key_id = raw(case["signing_key"]), hashlib.sha256(raw(case["signing_key"])).digest()[:20]
    Ed25519PublicKey.from_public_bytes(key).verify(found.signature, found.tbs_certificate_bytes)
    shown = found.public_key()
    assert isinstance(shown, X25519PublicKey)
    of = found.extensions.get_extension_for_class
    usage = of(x509.KeyUsage)
    names = of(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.UniformResourceIdentifier
    )
    begin, end = found.not_valid_before_utc, found.not_valid_after_utc
    at = datetime.fromtimestamp(case["at"], UTC)
    said = b"".join(map(_text, (case["id"], case["from"], case["to"])))
    binding = b"agentmesh/1 session-certificate\0\x94" + said + raw(case["handshake"])
    return (
        _name(found.subject) == case["id"]
        and _name(found.issuer) == case["from"] == _base58(key_id)
        and shown.public_bytes_raw() == raw(case["ephemeral"])
        and b"\xa9ephemeral\xc4\x20" + shown.public_bytes_raw() in raw(case["handshake"])
        and hashlib.sha256(binding).hexdigest() == case["binding"]
        and names == [f"urn:agentmesh:handshake:{case['binding']}", f"did:agentmesh:{case['from']}"]
        and of(x509.AuthorityKeyIdentifier).value.key_identifier == key_id
        and not of(x509.BasicConstraints).value.ca
        and usage.critical
        and usage.value.key_agreement
        and [begin.timestamp(), end.timestamp()] == [case["not_before"], case["not_after"]]
        and (end - begin).total_seconds() <= 86400
        and (begin - at).total_seconds() <= 300
        and at < end
    )


def taken(case: Case) -> bool:
    """Whether AgentMesh takes the certificate, bound to what it is bound to."""
    handshake = msgspec.msgpack.decode(raw(case["handshake"]), type=Handshake)
    parties = Amid(case["from"]), Amid(case["to"])
    this = bound(SessionId(case["id"]), handshake, *parties)
    until = check_session(
        raw(case["certificate"]), this, raw(case["signing_key"]), float(case["at"])
    )
    return this.binding == raw(case["binding"]) and until == case["not_after"]


def _text(text: str) -> bytes:
    size = len(text)
    return (bytes([0xA0 + size]) if size < 32 else bytes([0xD9, size])) + text.encode()


def _name(name: x509.Name) -> str:
    (one,) = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(one.value)


def _base58(data: bytes) -> str:
    number, letters = int.from_bytes(data, "big"), ""
    while number:
        number, letter = divmod(number, 58)
        letters = LETTERS[letter] + letters
    return LETTERS[0] * (len(data) - len(data.lstrip(b"\0"))) + letters


@pytest.mark.parametrize("case", VALID, ids=[case["id"] for case in VALID])
def test_both_readings_agree_with_a_vector(case: Case) -> None:
    assert held(case)
    assert taken(case)


@pytest.mark.parametrize("case", MUST_FAIL, ids=[case["what"] for case in MUST_FAIL])
def test_both_readings_refuse_what_is_wrong(case: Case) -> None:
    with contextlib.suppress(InvalidSignature, ValueError):
        assert not held(case)
    with contextlib.suppress(AgentMeshError):
        assert not taken(case)
