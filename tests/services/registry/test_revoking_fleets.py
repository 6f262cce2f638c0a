"""An organisation takes back the identities of its own agents, and nobody else's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from agentmesh_registry.storage.database import opened

from agentmesh.protocol.revocation import Revocation, Voices, read_revocation
from agentmesh.protocol.signed import Purpose, Signed, sign
from agentmesh.protocol.transparency import LogPage, document_hash, read_entry, subject_of
from tests.services.registry.test_ledger import decoded, log_of
from tests.services.registry.test_verifying import problems
from tests.support.asking import Answer
from tests.support.organizations import House, Organization, house_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

BOSS, ALICE, BOB, RIVAL = map(Registrant, ("boss", "alice", "bob", "rival"))
DAY = 86_400
Forgery = Callable[["Scene"], Awaitable[Answer]]


class Scene:
    """Alice is of Acme's fleet, Bob of nobody's; the rival has an organisation, too."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.acme = Organization(house, BOSS, "acme.example")
        self.rival = Organization(house, RIVAL, "rival.example")

    async def begin(self) -> None:
        for agent in (BOSS, ALICE, BOB, RIVAL):
            await self.house.registry.register(agent)
        for organization in (self.acme, self.rival):
            await organization.begin()
        self.contents = await self.acme.issue(ALICE)

    async def revocations(self) -> list[bytes]:
        """Return the subjects of all revocations in the log."""
        page = decoded(await self.house.registry.get("/v1/registry/revocations"), LogPage)
        return [read_entry(data).subject for data in page.entries]

    async def said(self, **changes: object) -> Signed:
        return await self.acme.revocation(ALICE, **changes)

    async def stay(self) -> None:
        """Let a long time pass for everything but the records."""
        self.house.registry.clock.advance(100 * DAY)
        now = int(self.house.registry.clock.now() * 1000)
        times = {"published_at": now, "expires_at": now + 30 * DAY * 1000}
        for agent in (BOSS, ALICE):
            await self.house.registry.register(agent, agent.record(2, **times))


@pytest.fixture
async def scene(database_url: str, clock: FakeClock, tmp_path: Path) -> AsyncIterator[Scene]:
    async with house_at(database_url, clock, tmp_path) as house:
        scene = Scene(house)
        await scene.begin()
        yield scene


async def test_an_agent_of_the_fleet_is_taken_back_in_the_log(
    scene: Scene, database_url: str
) -> None:
    signed = await scene.said(note="It sold what it heard.")
    answer = await scene.acme.revoke_identity(signed)
    assert answer.status == 200, answer.raw
    authority = await scene.house.authority()
    assert read_revocation(signed, Voices(authority=authority)).organization == "acme.example"
    entry = read_entry(log_of(answer).entry)
    assert (entry.kind, entry.subject) == ("revocation", subject_of(ALICE.amid))
    assert entry.document == document_hash(msgspec.msgpack.encode(signed))
    assert (await scene.house.registry.lookup(ALICE)).refusal == (410, "identity_revoked")
    assert await scene.revocations() == [subject_of(ALICE.amid)]
    async with opened(database_url) as database:
        assert await problems(database) == ()


async def test_the_same_again_changes_nothing_and_the_first_counts(scene: Scene) -> None:
    first, second = await scene.said(), await scene.said(reason="other")
    both = await asyncio.gather(*map(scene.acme.revoke_identity, (first, second)))
    assert sorted(answer.status for answer in both) == [200, 409]
    kept = first if both[0].status == 200 else second
    assert (await scene.acme.revoke_identity(kept)).status == 200
    own = await scene.house.registry.revoke(ALICE)
    assert own.refusal == (409, "already_revoked")
    assert len(await scene.revocations()) == 1


async def by_another_organization(it: Scene) -> Answer:
    return await it.rival.revoke_identity(await it.rival.revocation(ALICE))


async def by_another_organization_in_the_firsts_name(it: Scene) -> Answer:
    thief = Organization(it.house, RIVAL, it.rival.domain)
    signed = await thief.revocation(ALICE)
    thief.domain = it.acme.domain
    return await thief.revoke_identity(signed)


async def what_the_first_signed_by_another(it: Scene) -> Answer:
    return await it.rival.revoke_identity(await it.said())


async def what_the_first_signed_by_an_agent_that_does_not_act_for_it(it: Scene) -> Answer:
    thief = Organization(it.house, ALICE, "acme.example")
    return await thief.revoke_identity(await it.said())


async def signed_by_the_agent_that_acts(it: Scene) -> Answer:
    plain = msgspec.msgpack.decode((await it.said()).payload, type=Revocation)
    return await it.acme.revoke_identity(sign(plain, Purpose.REVOCATION, BOSS.key))


async def of_an_agent_that_was_never_certified(it: Scene) -> Answer:
    return await it.acme.revoke_identity(await it.acme.revocation(BOB))


async def of_an_agent_by_the_certificate_of_another(it: Scene) -> Answer:
    chain = await it.acme.chain_of(ALICE)
    return await it.acme.revoke_identity(await it.acme.revocation(BOB, certificates=chain))


async def of_an_agent_that_was_offered_one_and_did_not_take_it(it: Scene) -> Answer:
    made = it.acme.contents(BOB)
    assert (await it.acme.offer(made)).status == 200
    chain = (it.acme.written(made), (await it.acme.chain_of(ALICE))[1])
    return await it.acme.revoke_identity(await it.acme.revocation(BOB, certificates=chain))


async def by_a_certificate_that_was_never_handed_in(it: Scene) -> Answer:
    chain = (it.acme.written(it.acme.contents(ALICE)), (await it.acme.chain_of(ALICE))[1])
    return await it.acme.revoke_identity(await it.said(certificates=chain))


async def for_a_reason_that_only_the_key_has(it: Scene) -> Answer:
    return await it.acme.revoke_identity(await it.said(reason="superseded"))


async def for_no_reason(it: Scene) -> Answer:
    return await it.acme.revoke_identity(await it.said(reason="mood"))


async def signed_for_later(it: Scene) -> Answer:
    return await it.acme.revoke_identity(await it.said(timestamp=(it.acme.now + 600) * 1000))


async def over_the_door_of_the_key(it: Scene) -> Answer:
    return await it.house.registry.revoke(ALICE, await it.said())


async def of_the_key_over_the_door_of_the_organization(it: Scene) -> Answer:
    return await it.acme.revoke_identity(ALICE.revocation())


async def once_it_was_kept_back(it: Scene) -> Answer:
    signed = await it.said()
    it.house.registry.clock.advance(400)
    return await it.acme.revoke_identity(signed)


async def once_the_certificate_was_taken_back(it: Scene) -> Answer:
    signed = await it.said()
    await it.acme.revoke(it.contents)
    return await it.acme.revoke_identity(signed)


async def once_the_agent_went_to_another(it: Scene) -> Answer:
    signed = await it.said()
    await it.rival.issue(ALICE)
    return await it.acme.revoke_identity(signed)


async def once_the_agent_has_another_certificate_of_the_same(it: Scene) -> Answer:
    signed = await it.said()
    it.house.registry.clock.advance(1)
    newer = it.acme.contents(ALICE, not_after=it.contents.not_after + 9)
    assert (await it.acme.offer(newer)).status == 200
    assert (await it.house.obtain(ALICE, it.acme.domain)).status == 200
    return await it.acme.revoke_identity(signed)


async def once_the_certificate_has_run_out(it: Scene) -> Answer:
    chain = await it.acme.chain_of(ALICE)
    await it.stay()
    return await it.acme.revoke_identity(await it.said(certificates=chain))


async def once_the_domain_is_anothers(it: Scene) -> Answer:
    signed = await it.said()
    await Organization(it.house, RIVAL, it.acme.domain, "rival").begin()
    return await it.acme.revoke_identity(signed)


async def once_the_organizations_key_is_another(it: Scene) -> Answer:
    signed = await it.said()
    await Organization(it.house, BOSS, it.acme.domain, "other key").begin()
    return await it.acme.revoke_identity(signed)


FORGED: tuple[Forgery, ...] = (
    by_another_organization,
    by_another_organization_in_the_firsts_name,
    what_the_first_signed_by_another,
    what_the_first_signed_by_an_agent_that_does_not_act_for_it,
    signed_by_the_agent_that_acts,
    of_an_agent_that_was_never_certified,
    of_an_agent_by_the_certificate_of_another,
    of_an_agent_that_was_offered_one_and_did_not_take_it,
    by_a_certificate_that_was_never_handed_in,
    for_a_reason_that_only_the_key_has,
    for_no_reason,
    signed_for_later,
    over_the_door_of_the_key,
    of_the_key_over_the_door_of_the_organization,
)
TOO_LATE: tuple[Forgery, ...] = (
    once_it_was_kept_back,
    once_the_certificate_was_taken_back,
    once_the_agent_went_to_another,
    once_the_agent_has_another_certificate_of_the_same,
    once_the_certificate_has_run_out,
    once_the_domain_is_anothers,
    once_the_organizations_key_is_another,
)


async def test_nobody_takes_back_an_agent_that_is_not_theirs(scene: Scene) -> None:
    for forge in FORGED:
        await _refused(forge, scene)
    count = len(FORGED) + len(TOO_LATE)
    print(f"revocations by organisations that the registry refuses: {count}")
    assert count >= 12


@pytest.mark.parametrize("forge", TOO_LATE, ids=lambda it: it.__name__)
async def test_nobody_takes_back_an_agent_that_is_theirs_no_more(
    scene: Scene, forge: Forgery
) -> None:
    await _refused(forge, scene)


async def _refused(forge: Forgery, scene: Scene) -> None:
    answer = await forge(scene)
    assert answer.status in (400, 401, 403, 404, 409), (forge.__name__, answer.raw)
    assert await scene.revocations() == [], forge.__name__
    assert (await scene.house.registry.lookup(ALICE)).status == 200, forge.__name__
