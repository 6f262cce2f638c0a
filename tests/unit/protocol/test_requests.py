"""Signed requests: nothing may be changed, moved elsewhere, or kept for later."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from agentmesh.errors import CryptoError, RemoteProtocolError, UsageError
from agentmesh.protocol import requests
from agentmesh.protocol.ids import amid_of
from agentmesh.protocol.requests import Authorization, Request, audience_of
from agentmesh.protocol.signed import Purpose, signing_bytes

NOW = 1_800_000_000.0
KEY = SigningKey(b"a" * 32)
PUBLIC = bytes(KEY.verify_key)
AMID = amid_of(PUBLIC)
REQUEST = Request("http://127.0.0.1:8080", "POST", "/v1/registry/status?a=1", b'{"status":"away"}')


def sign(payload: bytes, purpose: Purpose) -> bytes:
    return KEY.sign(signing_bytes(purpose, payload)).signature


def signed(request: Request = REQUEST, now: float = NOW) -> Authorization:
    header = requests.authorize(request, AMID, sign, now, lambda n: b"\x01" * n)
    return requests.parse(header)


def test_a_signed_request_verifies() -> None:
    requests.verify(signed(), REQUEST, PUBLIC, NOW + 1)


def test_the_bytes_that_are_signed_stay_the_same_in_all_versions() -> None:
    seen: list[bytes] = []

    def note(payload: bytes, purpose: Purpose) -> bytes:
        seen.append(purpose.encode() + b" " + payload)
        return b"\0" * 64

    requests.authorize(REQUEST, AMID, note, NOW + 0.9, bytes)
    assert seen == [
        b"registry " + AMID.encode() + b"\nhttp://127.0.0.1:8080\nPOST\n/v1/registry/status?a=1\n"
        b"659ea91aec8045b1390b7a5bd2355e399a71f46435d5fce11360dbdf38f17924\n1800000000\n"
        b"AAAAAAAAAAAAAAAAAAAAAA"
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"audience": "http://127.0.0.1:8081"},
        {"method": "PUT"},
        {"target": "/v1/registry/status?a=2"},
        {"body": b'{"status":"online"}'},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_request_does_not_verify(other: dict[str, str]) -> None:
    with pytest.raises(CryptoError, match="does not fit"):
        requests.verify(signed(), msgspec.structs.replace(REQUEST, **other), PUBLIC, NOW)


@pytest.mark.parametrize("other", [{"nonce": "B" * 22}, {"seconds": int(NOW) + 1}])
def test_a_changed_header_does_not_verify(other: dict[str, str | int]) -> None:
    with pytest.raises(CryptoError):
        requests.verify(msgspec.structs.replace(signed(), **other), REQUEST, PUBLIC, NOW)


def test_a_key_speaks_for_its_own_amid_only() -> None:
    other = bytes(SigningKey(b"b" * 32).verify_key)
    with pytest.raises(CryptoError, match="AMID"):
        requests.verify(signed(), REQUEST, other, NOW)


@pytest.mark.parametrize("seconds", [301, 10_000, -61])
def test_old_and_early_requests_are_refused(seconds: int) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        requests.verify(signed(), REQUEST, PUBLIC, NOW + seconds)
    assert caught.value.code == "timestamp_expired"
    assert f"{abs(seconds)} seconds" in caught.value.message


@pytest.mark.parametrize("seconds", [300, -60])
def test_the_window_includes_its_ends(seconds: int) -> None:
    requests.verify(signed(), REQUEST, PUBLIC, NOW + seconds)


@given(st.text(max_size=200) | st.text("AgentMesh 1:-_\n", max_size=200))
def test_any_other_header_is_refused(header: str) -> None:
    with pytest.raises(RemoteProtocolError, match="signed"):
        requests.parse(header)


def test_a_line_break_cannot_move_a_field() -> None:
    with pytest.raises(UsageError):
        requests.authorize(Request("a", "GET", "/x\n/y"), AMID, sign, NOW, bytes)


@pytest.mark.parametrize(
    ("url", "audience"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("HTTPS://Registry.Example:443", "https://registry.example"),
        ("https://a.example/mesh/", "https://a.example/mesh"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_a_registry_has_one_audience_in_all_spellings(url: str, audience: str) -> None:
    assert audience_of(url) == audience


@pytest.mark.parametrize(
    "url",
    [
        "",
        "registry",
        "ftp://a",
        "http://",
        "http://u:p@a",
        "http://a?b",
        "http://[",
        "http://a:x",
        "http://a..b",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        audience_of(url)
    assert caught.value.code == "invalid_url"
