"""Whether a chain holds, and what it says."""

import pytest

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.certificates.chain import (
    check,
    issuer_in,
    read_authority,
    read_chain,
    read_organization,
)
from agentmesh.protocol.certificates.contents import DAY
from agentmesh.protocol.certificates.form import write
from agentmesh.protocol.certificates.names import key_id
from agentmesh.protocol.ids import amid_of
from tests.support.vouching import (
    ACME,
    ALICE,
    BOB,
    NOW,
    ROOT,
    alone,
    fleet,
    lists,
    of_acme,
    of_alice,
    of_bob,
    of_root,
    trusted,
)


def why(chain: list[bytes], *revoked: int, now: float = NOW) -> str:
    """Return why a chain does not hold; "" if it does."""
    try:
        check(read_chain(chain, trusted()), trusted(), lists(*revoked), now)
    except RemoteProtocolError as error:
        return error.code
    return ""


def test_an_organization_speaks_for_its_agent() -> None:
    said = read_chain(fleet(), trusted())
    assert (said.amid, said.tier) == (amid_of(bytes(ALICE.verify_key)), 1.5)
    assert said.organization == "acme.example"
    assert why(fleet()) == ""


def test_the_authority_speaks_for_a_person() -> None:
    said = read_chain(alone(), trusted())
    assert (said.amid, said.tier, said.organization) == (amid_of(bytes(BOB.verify_key)), 1, "")
    assert why(alone()) == ""


def test_a_chain_is_as_old_as_its_oldest_part() -> None:
    short = [fleet()[0], write(of_acme(not_after=NOW + 60), ROOT.sign)]
    assert read_chain(short, trusted()).not_after == NOW + 60
    assert why(short, now=NOW + 60) == "certificate_expired"


@pytest.mark.parametrize("at", [NOW + 90 * DAY, NOW + 1000 * DAY])
def test_an_old_chain_has_expired(at: float) -> None:
    assert why(fleet(), now=at) == "certificate_expired"


def test_clocks_may_differ_by_minutes() -> None:
    assert why([write(of_bob(not_before=NOW + 299), ROOT.sign)]) == ""
    assert why([write(of_bob(not_before=NOW + 301), ROOT.sign)]) == "invalid_certificate"


@pytest.mark.parametrize("one", [of_alice(), of_acme()])
def test_who_was_revoked_is_refused(one: object) -> None:
    assert why(fleet(), one.serial) == "certificate_revoked"


def test_only_its_own_issuer_revokes_a_certificate() -> None:
    known = {
        key_id(ROOT.public): ROOT.list_of(of_alice().serial),
        key_id(ACME.public): ACME.list_of(of_acme().serial),
    }
    check(read_chain(fleet(), trusted()), trusted(), known, NOW)


@pytest.mark.parametrize("missing", [ROOT, ACME])
def test_without_a_list_nothing_holds(missing: object) -> None:
    known = lists()
    del known[key_id(missing.public)]
    with pytest.raises(RemoteProtocolError, match="no list"):
        check(read_chain(fleet(), trusted()), trusted(), known, NOW)


def test_a_list_that_has_grown_old_is_none() -> None:
    assert why(fleet(), now=NOW + 3600) == "revocation_list_stale"


def test_an_authority_vouches_for_itself() -> None:
    assert read_authority(write(of_root(), ROOT.sign)).contents == of_root()
    for data in (write(of_root(), ACME.sign), fleet()[1], b""):
        with pytest.raises(RemoteProtocolError):
            read_authority(data)


def test_an_organization_is_read_alone() -> None:
    found = read_organization(fleet()[1], trusted())
    assert issuer_in(found.contents) == ACME.issuer
    for data in (fleet()[0], write(of_root(), ROOT.sign)):
        with pytest.raises(RemoteProtocolError):
            read_organization(data, trusted())
