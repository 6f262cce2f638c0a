"""Certificates are X.509 to everybody else, and one exact form to us."""

from datetime import UTC, datetime

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from OpenSSL import crypto

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.certificates.contents import Contents
from agentmesh.protocol.certificates.form import read, write
from tests.support.forgery.of_sessions import minted
from tests.support.vouching import (
    ACME,
    NOW,
    ROOT,
    Signatory,
    alone,
    fleet,
    of_acme,
    of_alice,
    of_bob,
    of_root,
)

ALL = [(of_root(), ROOT), (of_acme(), ROOT), (of_alice(), ACME), (of_bob(), ROOT)]


@pytest.mark.parametrize(("contents", "by"), ALL)
def test_what_was_written_is_read(contents: Contents, by: Signatory) -> None:
    found = read(write(contents, by.sign))
    assert found.contents == contents
    assert found.is_signed_by(by.public)
    assert not found.is_signed_by(b"\1" * 32)
    assert not found.is_signed_by(b"")


@pytest.mark.parametrize("contents", [contents for contents, _ in ALL])
def test_the_same_words_make_the_same_bytes(contents: Contents) -> None:
    assert write(contents, ROOT.sign) == write(contents, ROOT.sign)


@given(st.integers(1, 2**159 - 1), st.integers(0, 2**31), st.integers(1, 390 * 86400))
def test_whatever_is_said_is_read_again(serial: int, since: int, seconds: int) -> None:
    contents = of_alice(serial=serial, not_before=since, not_after=since + seconds)
    assert read(write(contents, ACME.sign)).contents == contents


@pytest.mark.parametrize("chain", [fleet(), alone()])
def test_openssl_takes_the_chain_too(chain: list[bytes]) -> None:
    assert _verified_by_openssl(chain, NOW)


def test_openssl_refuses_an_agent_of_another_domain() -> None:
    stranger = write(of_alice(domain="rival.example"), ACME.sign)
    assert not _verified_by_openssl([stranger, fleet()[1]], NOW)


def test_a_sessions_certificate_is_for_an_x25519_key() -> None:
    parsed = x509.load_der_x509_certificate(minted())
    usage = parsed.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_agreement
    assert not usage.value.digital_signature


def test_a_word_too_much_is_no_certificate() -> None:
    for changes in ({"name": "x" * 65}, {"serial": 0}, {"key": b"short"}):
        with pytest.raises((ValueError, RemoteProtocolError)):
            read(write(replace(of_alice(), **changes), ACME.sign))


def _verified_by_openssl(chain: list[bytes], at: int) -> bool:
    store = crypto.X509Store()
    root, *rest = (_loaded(data) for data in [write(of_root(), ROOT.sign), *chain])
    store.add_cert(root)
    store.set_time(datetime.fromtimestamp(at, UTC).replace(tzinfo=None))
    store.set_flags(crypto.X509StoreFlags.X509_STRICT)
    try:
        crypto.X509StoreContext(store, rest[0], rest[1:]).verify_certificate()
    except crypto.X509StoreContextError:
        return False
    return True


def _loaded(data: bytes) -> crypto.X509:
    return crypto.X509.from_cryptography(x509.load_der_x509_certificate(data))
