"""`wss` from end to end, with a certificate of our own making."""

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from agentmesh.errors import TransportError
from agentmesh.protocol.origin import origin_of
from agentmesh.protocol.relay_frames import Challenge, decode_from_relay
from agentmesh.transport.dialling import dial
from agentmesh.transport.lookups import Lookups
from agentmesh.transport.router import Router
from tests.support.incoming import RecordingIncoming, caller_called
from tests.support.processes import running
from tests.support.relay_client import amid_called, message

BOB = amid_called("bob")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a folder with `cert.pem` and `key.pem` for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    now = datetime.datetime.fromtimestamp(caller_called("bob").clock.now(), datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return tmp_path


@pytest.fixture
def secure_url(certificate: Path) -> Iterator[str]:
    files = ("--cert", certificate / "cert.pem", "--key", certificate / "key.pem")
    arguments = ("--listen", "127.0.0.1:0", "--data", certificate / "data", *files)
    with running("agentmesh_relay", *arguments) as relay:
        yield relay.said("listening on ")


async def test_agents_that_trust_the_certificate_are_served(
    secure_url: str, certificate: Path
) -> None:
    assert secure_url.startswith("wss://")
    trusting = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    to_bob = RecordingIncoming()
    async with (
        Router(secure_url, caller_called("bob", tls=trusting), to_bob),
        Router(secure_url, caller_called("alice", tls=trusting), RecordingIncoming()) as alice,
    ):
        await to_bob.until(lambda: to_bob.connects == 1)
        await alice.send(message(BOB, "1", bytes(60_000)))
        await to_bob.until(lambda: len(to_bob.arrivals) == 1)


async def test_a_certificate_that_nobody_vouches_for_is_named(secure_url: str) -> None:
    async with Router(secure_url, caller_called("alice"), RecordingIncoming()) as alice:
        with pytest.raises(TransportError) as caught:
            await alice.send(message(BOB, "1"))
        assert caught.value.code == "relay_certificate_invalid"


async def test_a_strangers_relay_is_dialled_at_the_address_that_was_looked_at(
    secure_url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    def is_public(address: str) -> bool:
        looked_at.append(address)
        return True

    monkeypatch.setattr("agentmesh.transport.addresses.is_public", is_public)
    trusting = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    wire = await dial(origin_of(secure_url), trusting, publicly=Lookups())
    assert isinstance(decode_from_relay(await wire.next_frame()), Challenge)
    await wire.close()
    with pytest.raises(TransportError) as caught:
        await dial(origin_of(secure_url), None, publicly=Lookups())
    assert caught.value.code == "relay_certificate_invalid"
    assert looked_at == ["127.0.0.1", "127.0.0.1"]
