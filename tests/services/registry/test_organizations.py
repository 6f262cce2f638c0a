"""Organisations at the registry, on both databases, with a real name server."""

from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from agentmesh_registry.storage.database import opened

from agentmesh.protocol.certificates.chain import Vouched, check, issuer_in, read_chain
from agentmesh.protocol.certificates.names import key_id
from agentmesh.protocol.certificates.revocation_list import read as read_list
from tests.services.registry.test_verifying import problems
from tests.support.organizations import House, Organization, house_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

BOSS, ALICE, BOB, RIVAL = map(Registrant, ("boss", "alice", "bob", "rival"))
DOMAIN = "acme.example"
DAY = 86_400


@pytest.fixture
async def house(database_url: str, clock: FakeClock, tmp_path: Path) -> AsyncIterator[House]:
    async with house_at(database_url, clock, tmp_path) as house:
        for agent in (BOSS, ALICE, BOB, RIVAL):
            await house.registry.register(agent)
        yield house


@pytest.fixture
async def acme(house: House) -> Organization:
    acme = Organization(house, BOSS, DOMAIN)
    await acme.begin()
    return acme


async def test_whoever_runs_the_dns_speaks_for_the_domain(house: House) -> None:
    acme = Organization(house, BOSS, DOMAIN)
    challenge = (await acme.register()).json
    assert challenge["record"] == f"_agentmesh.{DOMAIN}"
    assert challenge["expires_in_seconds"] == DAY
    assert (await acme.verify()).refusal == (409, "domain_unproved")
    house.names.texts[challenge["record"]] = ["v=spf1 -all", challenge["value"]]
    proved = await acme.verify()
    assert (proved.status, proved.json["amid"]) == (200, BOSS.amid)
    found = await house.registry.get(f"/v1/registry/org/lookup?domain={DOMAIN}")
    assert found.json == proved.json


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["agentmesh-verify="],
        ["agentmesh-verify=" + "A" * 43],
        ["{value} "],
        [" {value}"],
        ["{value}x"],
        ["AGENTMESH-VERIFY={token}"],
        ["{token}"],
    ],
)
async def test_only_the_exact_record_proves_it(house: House, texts: list[str]) -> None:
    acme = Organization(house, BOSS, DOMAIN)
    challenge = (await acme.register()).json
    token = challenge["value"].partition("=")[2]
    said = [text.format(value=challenge["value"], token=token) for text in texts]
    house.names.texts[challenge["record"]] = said
    house.names.texts[DOMAIN] = [challenge["value"]]
    assert (await acme.verify()).refusal == (409, "domain_unproved")


async def test_a_claim_is_for_a_day(house: House) -> None:
    acme = Organization(house, BOSS, DOMAIN)
    challenge = (await acme.register()).json
    house.names.texts[challenge["record"]] = [challenge["value"]]
    house.registry.clock.advance(DAY)
    assert (await acme.verify()).refusal == (409, "claim_over")
    again = (await acme.register()).json
    assert again["value"] != challenge["value"]
    assert (await acme.verify()).refusal == (409, "domain_unproved")


async def test_a_token_is_for_one_claimant_and_one_key(house: House) -> None:
    challenge = (await Organization(house, BOSS, DOMAIN).register()).json
    assert (await Organization(house, BOSS, DOMAIN).register()).json == challenge
    house.names.texts[challenge["record"]] = [challenge["value"]]
    assert (await Organization(house, RIVAL, DOMAIN).verify()).refusal == (
        404,
        "organization_not_found",
    )
    await Organization(house, RIVAL, DOMAIN).register()
    assert (await Organization(house, RIVAL, DOMAIN).verify()).refusal[1] == "domain_unproved"
    await Organization(house, BOSS, DOMAIN, "other key").register()
    assert (await Organization(house, BOSS, DOMAIN).verify()).refusal[1] == "domain_unproved"


async def test_a_name_server_that_is_silent_is_said_to_be(house: House) -> None:
    acme = Organization(house, BOSS, DOMAIN)
    await acme.register()
    house.names.is_silent = True
    assert (await acme.verify()).refusal == (503, "domain_unreachable")


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "ACME.example"},
        {"domain": "acme.example."},
        {"domain": "*.acme.example"},
        {"domain": "example"},
        {"domain": "agentmesh.invalid"},
        {"domain": "a\0b.example"},
        {"name": "Ac\nme"},
        {"amid": ALICE.amid},
        {"timestamp": 1},
    ],
)
async def test_a_claim_that_makes_no_sense_is_refused(house: House, changes: object) -> None:
    answer = await Organization(house, BOSS, DOMAIN).register(**changes)
    assert answer.status in (400, 401, 403)
    assert house.names.asked == []


async def test_there_is_an_end_to_claims(house: House) -> None:
    for number in range(20):
        assert (await Organization(house, BOSS, f"a{number}.example").register()).status == 200
    answer = await Organization(house, BOSS, "a20.example").register()
    assert answer.refusal == (409, "too_many_claims")


async def test_an_organization_speaks_for_its_fleet(house: House, acme: Organization) -> None:
    await acme.issue(ALICE)
    found = await house.looked_up(ALICE)
    assert (found["tier"], found["organization"]) == (1.5, DOMAIN)
    said = await _chain(house, found)
    assert (said.amid, said.tier, said.organization) == (ALICE.amid, 1.5, DOMAIN)
    assert (await house.looked_up(BOB))["tier"] == 2
    page = (await house.registry.get("/v1/registry/search?tier_min=1.5")).json
    assert [it["organization"] for it in page["results"]] == [DOMAIN]


async def test_nobody_is_in_a_fleet_who_did_not_say_so(house: House, acme: Organization) -> None:
    assert (await acme.offer(acme.contents(ALICE))).status == 200
    assert (await house.looked_up(ALICE))["tier"] == 2
    assert (await house.obtain(BOB, DOMAIN)).refusal == (404, "certificate_not_found")
    assert (await house.obtain(ALICE, DOMAIN)).status == 200
    assert (await house.looked_up(ALICE))["tier"] == 1.5


async def test_only_the_organization_issues(house: House, acme: Organization) -> None:
    thief = Organization(house, RIVAL, DOMAIN)
    assert (await thief.offer(acme.contents(ALICE))).refusal[1] == "organization_not_found"
    thief = Organization(house, BOSS, DOMAIN, "other key")
    assert (await thief.offer(acme.contents(ALICE))).refusal == (400, "invalid_certificate")
    for changes in ({"domain": "rival.example"}, {"issuer": "rival.example"}, {"name": BOB.amid}):
        wrong = acme.contents(ALICE, **changes)
        assert (await acme.offer(wrong)).refusal == (400, "invalid_certificate")
    late = acme.contents(ALICE, not_before=acme.now - 2 * DAY, not_after=acme.now - DAY)
    assert (await acme.offer(late)).refusal == (400, "certificate_expired")
    stranger = acme.contents(Registrant("nobody"))
    assert (await acme.offer(stranger)).refusal == (404, "agent_not_found")
    once = acme.contents(ALICE)
    assert (await acme.offer(once)).status == 200
    assert (await acme.offer(once)).refusal == (409, "certificate_exists")


async def test_who_was_revoked_is_nobodys_at_once(house: House, acme: Organization) -> None:
    alice, bob = await acme.issue(ALICE), await acme.issue(BOB)
    assert (await acme.revoke(alice)).status == 200
    found = await house.looked_up(ALICE)
    assert (found["tier"], found["organization"], found["certificates"]) == (2, None, [])
    assert (await house.looked_up(BOB))["tier"] == 1.5
    assert (await house.obtain(ALICE, DOMAIN)).refusal == (404, "certificate_not_found")
    theirs = (await house.registry.get(f"/v1/registry/org/lookup?domain={DOMAIN}")).json
    issuer = issuer_in((await _chain(house, await house.looked_up(BOB))).issuer)
    said = read_list(b64decode(theirs["revoked"]), issuer, acme.now)
    assert said.holds(alice.serial)
    assert not said.holds(bob.serial)


async def test_a_list_is_never_replaced_by_an_older_one(house: House, acme: Organization) -> None:
    alice = await acme.issue(ALICE)
    await acme.revoke(alice)
    assert (await acme.publish(number=1, revoked=())).refusal == (409, "list_older")
    assert (await acme.publish(number=2, revoked=())).refusal == (409, "list_older")
    thief = Organization(house, BOSS, DOMAIN, "other key")
    thief.number = 9
    assert (await thief.publish()).refusal == (400, "invalid_certificate")


async def test_a_domain_that_changes_hands_takes_its_fleet_along(
    house: House, acme: Organization
) -> None:
    await acme.issue(ALICE)
    before = await house.looked_up(ALICE)
    rival = Organization(house, RIVAL, DOMAIN, "rival")
    await rival.begin()
    assert (await house.looked_up(ALICE))["tier"] == 2
    assert (await acme.offer(acme.contents(BOB))).refusal == (409, "domain_unproved")
    chain = read_chain([b64decode(it) for it in before["certificates"]], await house.authority())
    assert (await house.list_of_authority()).holds(chain.issuer.serial)


async def test_a_certificate_is_renewed_by_proving_again(house: House, acme: Organization) -> None:
    alice = await acme.issue(ALICE)
    house.registry.clock.advance(300 * DAY)
    await house.registry.register(ALICE, ALICE.record(2, **_fresh(house)))
    await house.registry.register(BOSS, BOSS.record(2, **_fresh(house)))
    again = await acme.begin()
    assert again.contents.not_after > alice.not_after
    assert (await acme.offer(acme.contents(ALICE))).status == 200


async def test_log_and_tables_agree(house: House, acme: Organization, database_url: str) -> None:
    await acme.issue(BOB)
    await acme.revoke(await acme.issue(ALICE))
    async with opened(database_url) as database:
        assert await problems(database) == ()


def _fresh(house: House) -> dict[str, int]:
    now = int(house.registry.clock.now() * 1000)
    return {"published_at": now, "expires_at": now + 30 * DAY * 1000}


async def _chain(house: House, found: dict[str, Any]) -> Vouched:
    authority = await house.authority()
    said = read_chain([b64decode(it) for it in found["certificates"]], authority)
    theirs = (await house.registry.get(f"/v1/registry/org/lookup?domain={DOMAIN}")).json
    now = house.registry.clock.now()
    lists = {
        key_id(authority.contents.key): await house.list_of_authority(),
        key_id(said.issuer.key): read_list(
            b64decode(theirs["revoked"]), issuer_in(said.issuer), now
        ),
    }
    check(said, authority, lists, now)
    return said
