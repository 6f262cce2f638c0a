"""The certificate that we bear."""

from collections.abc import AsyncIterator

import pytest

from agentmesh.errors import AgentMeshError, Refused, RemoteProtocolError
from agentmesh.node.certificates.own import OwnCertificate, OwnChain
from agentmesh.node.notices import CERTIFICATES_REVOKED, Notice
from agentmesh.node.transparency.own import is_awaited
from agentmesh.protocol.certificates.contents import DAY, Validity, for_agent
from agentmesh.protocol.certificates.form import write
from agentmesh.protocol.certificates.names import NOBODYS_DOMAIN
from tests.support.node import Node
from tests.support.node_pair import node_pair
from tests.support.vouching import ACME, LONG, NOW, ROOT, fleet, key_of, serial


def chain_of(node: Node, *, organization: bool = False, days: int = 90) -> tuple[bytes, ...]:
    """Return what vouches for a node."""
    key = node.hand.keys.ring.identity.public_key
    valid = Validity(NOW - DAY, NOW - DAY + days * DAY)
    if not organization:
        said = for_agent(key, NOBODYS_DOMAIN, ROOT.issuer, valid, serial("node"))
        return (write(said, ROOT.sign),)
    said = for_agent(key, ACME.name, ACME.issuer, valid, serial("node"))
    return (write(said, ACME.sign), fleet()[1])


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_pair() as pair:
        pair.low.registry.is_absent = False
        yield pair.low


def bearer(node: Node, tier: float = 2) -> OwnCertificate:
    return OwnCertificate(node.hand, node.authority.office, node.authority.trust, lambda: tier)


async def test_it_is_asked_for_checked_kept_and_shown(node: Node) -> None:
    node.registry.chain = chain_of(node, organization=True)
    own = bearer(node)
    chain = await own.obtain(ACME.name)
    assert (chain.organization, chain.certificates) == (ACME.name, node.registry.chain)
    assert node.hand.keys.ring.certificates == node.registry.chain
    assert not await is_awaited(node.store)
    again = bearer(node)
    await again.load()
    assert again.chain == chain
    assert "keys_certified" in node.kinds()


async def test_one_that_is_not_ours_is_not_borne(node: Node) -> None:
    carol = bytes(key_of("carol").verify_key)
    said = for_agent(carol, ACME.name, ACME.issuer, LONG, serial("carol"))
    node.registry.chain = (write(said, ACME.sign), fleet()[1])
    own = bearer(node)
    with pytest.raises(RemoteProtocolError):
        await own.obtain(ACME.name)
    assert own.chain is None
    assert node.hand.keys.ring.certificates == ()
    assert await is_awaited(node.store), "the log may tell of it"


async def test_whose_owner_was_proved_gets_one_unasked(node: Node) -> None:
    node.registry.chain = chain_of(node)
    await bearer(node, 2).look()
    assert node.registry.posted == []
    own = bearer(node, 1)
    await own.look()
    assert isinstance(own.chain, OwnChain)
    assert own.chain.organization == ""


async def test_it_is_renewed_before_it_runs_out(node: Node) -> None:
    node.registry.chain = chain_of(node, organization=True, days=20)
    own = bearer(node)
    await own.obtain(ACME.name)
    node.registry.chain = chain_of(node, organization=True)
    await own.look()
    assert own.chain is not None
    assert own.chain.certificates == node.registry.chain
    asked = len(node.registry.posted)
    await own.look()
    assert len(node.registry.posted) == asked


async def test_a_renewal_that_fails_is_tried_again(node: Node) -> None:
    node.registry.chain = chain_of(node, organization=True, days=20)
    own = bearer(node)
    await own.obtain(ACME.name)
    node.registry.chain = ()
    await own.look()
    assert own.chain is not None


@pytest.mark.parametrize("by", [ACME.name, ""])
async def test_who_was_away_until_it_ran_out_asks_again(node: Node, by: str) -> None:
    node.registry.chain = chain_of(node, organization=bool(by), days=20)
    own = bearer(node)
    await own.obtain(by)
    node.clock.advance(21 * DAY)
    node.registry.revoke(at=int(node.clock.now()), by=by)
    node.registry.revoke(at=int(node.clock.now()), by="")
    node.registry.chain = chain_of(node, organization=bool(by))
    await own.look()
    assert own.chain is not None
    assert own.chain.certificates == node.registry.chain
    assert [asked["organization"] for _, asked in node.registry.posted] == [by, by]


@pytest.mark.parametrize("by", [ACME.name, ""])
async def test_one_that_was_taken_back_is_borne_no_more(node: Node, by: str) -> None:
    node.registry.chain = chain_of(node, organization=bool(by))
    own = bearer(node)
    await own.obtain(by)
    node.registry.revoke(serial("node"), by=by)
    node.hand.bulletin.publish(Notice(kind=CERTIFICATES_REVOKED))
    await own.look()
    assert own.chain is None
    assert node.hand.keys.ring.certificates == ()
    assert "keys_certificate_lost" in node.kinds()
    again = bearer(node)
    await again.load()
    assert again.chain is None


async def test_without_an_authority_it_is_left_alone(node: Node) -> None:
    node.registry.is_absent = True
    node.registry.fails_with = Refused("no_authority")
    own = bearer(node, 1)
    await own.look()
    assert own.chain is None
    with pytest.raises(AgentMeshError):
        await own.obtain()
