"""Lists of revoked ones."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.certificates.revocation_list import (
    Reason,
    RevocationList,
    RevokedOne,
    read,
    write,
)
from agentmesh.protocol.limits import MAX_REVOCATION_LIST, MAX_REVOKED
from tests.support.vouching import ACME, NOW

REASONS = ["key_compromise", "superseded", "cessation_of_operation", "privilege_withdrawn", "other"]


@pytest.mark.parametrize("reason", REASONS)
def test_a_list_says_who_and_why(reason: Reason) -> None:
    one = RevokedOne(2**158 + 1, NOW - 60, reason)
    said = read(ACME.revokes(revoked=(one,)), ACME.issuer, NOW)
    assert said.revoked == (one,)
    assert said.holds(one.serial)
    assert not said.holds(one.serial + 1)


@given(st.sets(st.integers(1, 2**159 - 1), max_size=5), st.integers(0, 2**60))
def test_whatever_is_said_is_read_again(serials: set[int], number: int) -> None:
    assert ACME.list_of(*serials, number=number).number == number
    assert {one.serial for one in ACME.list_of(*serials).revoked} == serials


def test_a_full_list_has_room() -> None:
    full = ACME.revokes(*range(2**158, 2**158 + MAX_REVOKED))
    assert len(full) < MAX_REVOCATION_LIST
    assert len(read(full, ACME.issuer, NOW).revoked) == MAX_REVOKED


def test_it_is_a_crl_to_everybody_else() -> None:
    parsed = x509.load_der_x509_crl(ACME.revokes(7))
    assert parsed.is_signature_valid(Ed25519PublicKey.from_public_bytes(ACME.public))
    assert parsed.get_revoked_certificate_by_serial_number(7) is not None


def test_a_list_that_is_over_is_named_so() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        read(ACME.revokes(), ACME.issuer, NOW + 3600)
    assert caught.value.code == "revocation_list_stale"


def test_the_same_words_make_the_same_bytes() -> None:
    said: RevocationList = ACME.list_of(1, 2)
    assert write(said, ACME.sign) == ACME.revokes(1, 2)
