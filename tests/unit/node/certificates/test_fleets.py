"""The organisations that we act for."""

import asyncio
import base64
from collections.abc import AsyncIterator

import pytest

from agentmesh.discovery.chain import Chain
from agentmesh.errors import TransportError, UsageError
from agentmesh.node.certificates.fleet import Why
from agentmesh.node.certificates.fleets import SIGNED_ANEW, Fleets
from agentmesh.protocol.certificates import revocation_list
from agentmesh.protocol.certificates.chain import read_chain
from agentmesh.protocol.certificates.contents import DAY, Issuer
from agentmesh.protocol.certificates.revocation_list import RevocationList
from tests.support.node import Node
from tests.support.node_pair import Pair, node_pair
from tests.support.vouching import NOW, ROOT, alone, fleet, of_acme, trusted
from tests.support.vouching import written as write

DOMAIN = "acme.example"


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with node_pair() as pair:
        pair.low.registry.is_absent = False
        yield pair


def fleets(node: Node) -> Fleets:
    return Fleets(
        node.hand,
        node.authority.office,
        node.authority.trust,
        Chain([node.directory], node.clock),
    )


async def proved(node: Node) -> Fleets:
    ours = fleets(node)
    await ours.register(DOMAIN, "Acme")
    await ours.verify(DOMAIN)
    return ours


def published(node: Node) -> RevocationList:
    """Return the list that was published last."""
    bodies = [body for target, body in node.registry.posted if target.endswith("revoked")]
    data = base64.b64decode(str(bodies[-1]["revoked"]))
    issuer = Issuer(DOMAIN, node.registry.claims[DOMAIN])
    return revocation_list.read(data, issuer, node.clock.now())


async def test_a_domain_is_claimed_by_a_key_of_its_own(pair: Pair) -> None:
    ours = fleets(pair.low)
    challenge = await ours.register(DOMAIN, "Acme")
    assert challenge.record == f"_agentmesh.{DOMAIN}"
    (fleet,) = await ours.all()
    assert (fleet.domain, fleet.name, fleet.certificate) == (DOMAIN, "Acme", b"")
    assert pair.low.registry.claims[DOMAIN] == fleet.public
    await ours.register(DOMAIN, "")
    assert (await ours.all()) == [fleet]


async def test_what_is_no_domain_is_not_claimed(pair: Pair) -> None:
    with pytest.raises(UsageError):
        await fleets(pair.low).register("Acme.Example", "")
    assert await fleets(pair.low).all() == []


async def test_nothing_is_issued_before_the_domain_is_proved(pair: Pair) -> None:
    ours = fleets(pair.low)
    with pytest.raises(UsageError) as caught:
        await ours.verify(DOMAIN)
    assert caught.value.code == "organization_not_found"
    await ours.register(DOMAIN, "")
    with pytest.raises(UsageError) as caught:
        await ours.issue(DOMAIN, pair.high.amid, 30)
    assert caught.value.code == "domain_unproved"


async def test_who_is_proved_publishes_a_list_at_once(pair: Pair) -> None:
    await proved(pair.low)
    assert published(pair.low).revoked == ()


async def test_an_agent_is_given_a_certificate_and_it_is_taken_back(pair: Pair) -> None:
    ours = await proved(pair.low)
    given = await ours.issue(DOMAIN, pair.high.amid, 30)
    offered = pair.low.registry.posted[-1][1]
    agent = base64.b64decode(str(offered["certificate"]))
    key = pair.low.registry.claims[DOMAIN]
    above = write(of_acme(name=DOMAIN, key=key), ROOT.sign)
    said = read_chain([agent, above], trusted())
    assert (said.amid, said.organization) == (pair.high.amid, DOMAIN)
    assert f"{said.agent.serial:x}" == given.serial
    await ours.revoke(DOMAIN, pair.high.amid, "superseded")
    assert published(pair.low).holds(said.agent.serial)


async def member(ours: Fleets, pair: Pair) -> None:
    """Give the other node a certificate, which it takes."""
    await ours.issue(DOMAIN, pair.high.amid, 30)
    pair.low.directory.shelf.certificates[pair.high.amid] = pair.low.registry.given(DOMAIN)


async def test_an_identity_of_the_fleet_is_taken_back(pair: Pair) -> None:
    ours = await proved(pair.low)
    await member(ours, pair)
    kept = await ours.revoke_identity(DOMAIN, pair.high.amid, Why("policy_violation", "It lied."))
    assert [it.revoked for it in kept.issued] == ["other"]
    assert len(published(pair.low).revoked) == 1
    revoked = await pair.low.authority.office.revocation(pair.high.amid)
    assert (revoked.organization, revoked.revocation.note) == (DOMAIN, "It lied.")


async def test_an_answer_that_was_lost_is_made_up_for(pair: Pair) -> None:
    ours, registry = await proved(pair.low), pair.low.registry
    await member(ours, pair)
    registry.loses_answers = True
    with pytest.raises(TransportError):
        await ours.revoke_identity(DOMAIN, pair.high.amid, Why("other"))
    registry.loses_answers = False
    pair.low.directory.shelf.records.clear()
    kept = await ours.revoke_identity(DOMAIN, pair.high.amid, Why("other"))
    assert [it.revoked for it in kept.issued] == ["other"]
    assert len(registry.log.revocations) == 1


async def test_who_bears_no_certificate_of_ours_is_not_taken_back(pair: Pair) -> None:
    ours = await proved(pair.low)
    await ours.issue(DOMAIN, pair.high.amid, 30)
    for chain in ((), tuple(fleet()), tuple(alone())):
        pair.low.directory.shelf.certificates[pair.high.amid] = chain
        with pytest.raises(UsageError) as caught:
            await ours.revoke_identity(DOMAIN, pair.high.amid, Why("other"))
        assert caught.value.code == "not_of_fleet"
    assert pair.low.registry.log.revocations == []


async def test_a_certificate_is_remembered_even_if_it_may_not_have_arrived(pair: Pair) -> None:
    ours = await proved(pair.low)
    pair.low.registry.fails_with = TransportError("registry_unreachable")
    with pytest.raises(TransportError):
        await ours.issue(DOMAIN, pair.high.amid, 30)
    (fleet,) = await ours.all()
    assert [it.amid for it in fleet.issued] == [pair.high.amid]


async def test_a_list_is_signed_anew_every_day(pair: Pair) -> None:
    ours = await proved(pair.low)
    first = published(pair.low)
    await ours.look()
    assert published(pair.low) == first
    pair.low.clock.advance(SIGNED_ANEW)
    await ours.look()
    assert published(pair.low).number > first.number


async def test_a_list_that_was_not_published_is_tried_again(pair: Pair) -> None:
    ours = await proved(pair.low)
    await ours.issue(DOMAIN, pair.high.amid, 30)
    pair.low.registry.fails_with = TransportError("registry_unreachable")
    with pytest.raises(TransportError):
        await ours.revoke(DOMAIN, pair.high.amid, "other")
    pair.low.registry.fails_with = None
    assert published(pair.low).revoked == ()
    await ours.look()
    assert len(published(pair.low).revoked) == 1


async def test_what_runs_out_is_issued_again_by_itself(pair: Pair) -> None:
    ours = await proved(pair.low)
    await ours.issue(DOMAIN, pair.high.amid, 30, renews=True)
    pair.clock.advance(21 * DAY)
    pair.low.registry.sign_anew(int(pair.clock.now()))
    await ours.look()
    await ours.look()
    (fleet,) = await ours.all()
    assert [it.expires_at for it in fleet.issued] == [NOW + 30 * DAY, NOW + 51 * DAY]
    assert all(it.offered and it.renews for it in fleet.issued)
    offers = [body for target, body in pair.low.registry.posted if target.endswith("agents")]
    assert len(offers) == 2


async def test_who_cannot_be_found_holds_up_nobody(pair: Pair) -> None:
    ours = await proved(pair.low)
    await ours.issue(DOMAIN, pair.high.amid, 30, renews=True)
    pair.clock.advance(25 * DAY)
    del pair.low.directory.shelf.records[pair.high.amid]
    await ours.look()
    (fleet,) = await ours.all()
    assert len(fleet.issued) == 1
    assert fleet.listed_at == NOW + 25 * DAY


async def test_a_revocation_that_was_not_published_may_be_asked_for_again(pair: Pair) -> None:
    ours = await proved(pair.low)
    await ours.issue(DOMAIN, pair.high.amid, 30)
    pair.low.registry.fails_with = TransportError("registry_unreachable")
    with pytest.raises(TransportError):
        await ours.revoke(DOMAIN, pair.high.amid, "other")
    pair.low.registry.fails_with = None
    await ours.revoke(DOMAIN, pair.high.amid, "other")
    assert len(published(pair.low).revoked) == 1
    with pytest.raises(UsageError):
        await ours.revoke(DOMAIN, pair.high.amid, "other")


async def test_commands_at_once_lose_nothing_of_each_other(pair: Pair) -> None:
    ours = await proved(pair.low)
    await ours.issue(DOMAIN, pair.low.amid, 30)
    await asyncio.gather(
        ours.revoke(DOMAIN, pair.low.amid, "other"),
        *(ours.issue(DOMAIN, pair.high.amid, days) for days in (30, 60, 90)),
        ours.register(DOMAIN, "Acme & Sons"),
        ours.look(),
    )
    (fleet,) = await ours.all()
    assert sorted(it.amid for it in fleet.issued) == sorted([pair.low.amid, *[pair.high.amid] * 3])
    assert [it.revoked for it in fleet.issued if it.amid == pair.low.amid] == ["other"]
    assert fleet.name == "Acme & Sons"
    assert len(published(pair.low).revoked) == 1
