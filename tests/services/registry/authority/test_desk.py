"""What the authority signs."""

import pytest
from agentmesh_registry.authority.desk import LIST_AGE, AuthorityDesk, authority_of
from agentmesh_registry.authority.key import AuthorityKey

from agentmesh.errors import Refused
from agentmesh.protocol.certificates import revocation_list
from agentmesh.protocol.certificates.chain import issuer_in, read_chain
from agentmesh.protocol.certificates.form import write
from agentmesh.protocol.certificates.revocation_list import RevokedOne
from tests.support.vouching import ACME, BOB, NOW, ROOT, of_root
from tests.support.world import FakeClock, FakeEntropy


def desk(clock: FakeClock) -> AuthorityDesk:
    key = AuthorityKey(ROOT.public, ROOT.sign)
    return AuthorityDesk(authority_of(write(of_root(), ROOT.sign), key), clock, FakeEntropy())


async def test_what_it_issues_goes_back_to_it() -> None:
    at = desk(FakeClock(NOW))
    agent = await at.for_person(bytes(BOB.verify_key))
    said = read_chain([agent.data], at.require().certificate)
    assert (said.tier, said.organization) == (1, "")
    organization = await at.for_organization(ACME.name, ACME.public)
    assert organization.contents.name == ACME.name
    assert organization.contents.serial != agent.contents.serial


async def test_its_list_is_signed_anew_when_it_changes_or_grows_old() -> None:
    clock = FakeClock(NOW)
    at = desk(clock)
    first = await at.list_of(())
    assert await at.list_of(()) is first
    changed = await at.list_of((RevokedOne(7, NOW),))
    clock.advance(LIST_AGE + 1)
    later = await at.list_of((RevokedOne(7, NOW),))
    issuer = issuer_in(at.require().certificate.contents)
    said = [revocation_list.read(it, issuer, NOW + LIST_AGE) for it in (first, changed, later)]
    numbers = [it.number for it in said]
    assert numbers == sorted(set(numbers))
    assert [it.holds(7) for it in said] == [False, True, True]


async def test_without_an_authority_it_says_so() -> None:
    with pytest.raises(Refused, match="no authority"):
        await AuthorityDesk(None, FakeClock(), FakeEntropy()).list_of(())


def test_a_certificate_and_another_key_are_no_authority() -> None:
    with pytest.raises(Refused, match="another key"):
        authority_of(write(of_root(), ROOT.sign), AuthorityKey(ACME.public, ACME.sign))
