"""How an agent comes by its certificate, on both databases."""

from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage.certificates import CertificateStore
from agentmesh_registry.storage.database import Database, opened
from agentmesh_registry.storage.tables import agents

from agentmesh.protocol.certificates.chain import check, read_chain
from agentmesh.protocol.certificates.names import key_id
from tests.services.registry.test_verifying import problems
from tests.support.asking import Asker
from tests.support.organizations import House, house_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

ALICE, BOB = Registrant("alice"), Registrant("bob")
DAY = 86_400


@pytest.fixture
async def house(database_url: str, clock: FakeClock, tmp_path: Path) -> AsyncIterator[House]:
    """Alice's owner was proved, Bob's was not."""
    async with house_at(database_url, clock, tmp_path) as house:
        for agent in (ALICE, BOB):
            await house.registry.register(agent)
        async with opened(database_url) as database:
            await _proved(database, ALICE)
        yield house


async def test_whose_owner_was_proved_gets_a_certificate(house: House) -> None:
    answer = await house.obtain(ALICE)
    assert answer.status == 200
    authority = await house.authority()
    chain = [b64decode(it) for it in answer.json["certificates"]]
    said = read_chain(chain, authority)
    assert (said.amid, said.tier, said.organization) == (ALICE.amid, 1, "")
    lists = {key_id(authority.contents.key): await house.list_of_authority()}
    check(said, authority, lists, house.registry.clock.now())
    found = await house.looked_up(ALICE)
    assert (found["tier"], found["certificates"]) == (1, answer.json["certificates"])


async def test_who_asks_again_gets_the_same_until_it_grows_old(house: House) -> None:
    first = (await house.obtain(ALICE)).json
    assert (await house.obtain(ALICE)).json == first
    house.registry.clock.advance(61 * DAY)
    renewed = ALICE.record(2, published_at=_now(house), expires_at=_now(house) + 30 * DAY * 1000)
    await house.registry.register(ALICE, renewed)
    second = (await house.obtain(ALICE)).json
    assert second["certificates"] != first["certificates"]
    assert (await house.looked_up(ALICE))["certificates"] == second["certificates"]


async def test_whose_owner_was_not_proved_gets_none(house: House) -> None:
    assert (await house.obtain(BOB)).refusal == (403, "not_permitted")
    assert (await house.looked_up(BOB))["certificates"] == []
    assert (await house.obtain(BOB, "acme.example")).refusal == (404, "certificate_not_found")
    assert (await house.obtain(BOB, "Acme.Example")).refusal == (400, "invalid_domain")


async def test_the_operator_takes_back_what_the_authority_gave(
    house: House, database_url: str
) -> None:
    chain = [b64decode(it) for it in (await house.obtain(ALICE)).json["certificates"]]
    serial = read_chain(chain, await house.authority()).agent.serial
    assert not (await house.list_of_authority()).holds(serial)
    async with opened(database_url) as database:
        store = CertificateStore(database)
        assert await store.revoke(ALICE.amid, "key_compromise", _now(house)) == 1
        assert await store.revoke(ALICE.amid, "key_compromise", _now(house)) == 0
        assert await problems(database) == ()
    said = await house.list_of_authority()
    assert [(one.serial, one.reason) for one in said.revoked] == [(serial, "key_compromise")]
    assert (await house.looked_up(ALICE))["certificates"] == []


async def test_a_changed_certificate_is_found_out(house: House, database_url: str) -> None:
    await house.obtain(ALICE)
    async with opened(database_url) as database:
        assert await problems(database) == ()
        change = sa.text("UPDATE certificates SET subject = 'somebody'")
        await database.write(lambda connection: connection.execute(change).rowcount)
        (problem,) = await problems(database)
        assert "certificate" in problem


async def test_a_registry_without_an_authority_says_so(light: Asker) -> None:
    await light.register(ALICE)
    assert (await light.get("/v1/registry/authority")).refusal == (404, "no_authority")
    for route in ("certificate", "org/verify"):
        body = {"domain": "acme.example"} if "org" in route else {}
        answer = await light.post(f"/v1/registry/{route}", body, ALICE)
        assert answer.status in (403, 404)


async def _proved(database: Database, agent: Registrant) -> None:
    change = sa.update(agents).where(agents.c.amid == agent.amid).values(owner="ann", tier=1)
    await database.write(lambda connection: connection.execute(change).rowcount)


def _now(house: House) -> int:
    return int(house.registry.clock.now() * 1000)
