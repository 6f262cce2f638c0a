"""A session's certificate is for one handshake."""

import pytest
from msgspec.structs import replace

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.certificates.form import read
from agentmesh.protocol.certificates.session import check_session
from agentmesh.protocol.limits import SESSION_CERTIFICATE_SECONDS
from tests.support.forgery.of_sessions import BEGUN, minted
from tests.support.vouching import NOW


def test_it_holds_for_its_own_handshake() -> None:
    check_session(minted(), BEGUN.bound, BEGUN.key, NOW)
    assert read(minted()).contents.key == BEGUN.handshake.ephemeral


def test_it_holds_for_a_day() -> None:
    check_session(minted(), BEGUN.bound, BEGUN.key, NOW + SESSION_CERTIFICATE_SECONDS - 1)
    with pytest.raises(RemoteProtocolError) as caught:
        check_session(minted(), BEGUN.bound, BEGUN.key, NOW + SESSION_CERTIFICATE_SECONDS)
    assert caught.value.code == "certificate_expired"


def test_every_part_of_the_handshake_is_bound() -> None:
    for name in ("suite", "ephemeral", "kem_ciphertext", "signed_prekey_id"):
        value = getattr(BEGUN.handshake, name)
        other = value + 1 if isinstance(value, int) else value[::-1] + value[:0] or value
        if isinstance(value, bytes):
            other = bytes(byte ^ 1 for byte in value)
        changed = replace(BEGUN, handshake=replace(BEGUN.handshake, **{name: other}))
        assert changed.bound.binding != BEGUN.bound.binding
