"""Who bears a certificate that ran out is shown, found and counted as what it is without it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage.database import Database, opened
from agentmesh_registry.storage.lapses import LOOK_MS, Lapses
from agentmesh_registry.storage.search import BEGINNING, Asked, Wanted, asked_for
from agentmesh_registry.storage.tables import agents, certificates, listings

from tests.support.organizations import House, Organization, house_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

BOSS, ALICE, BOB = map(Registrant, ("boss", "alice", "bob"))
DOMAIN = "acme.example"
DAY = 86_400


@pytest.fixture
async def house(database_url: str, clock: FakeClock, tmp_path: Path) -> AsyncIterator[House]:
    """Alice is of Acme's fleet; Bob's owner was proved."""
    async with house_at(database_url, clock, tmp_path) as house:
        for agent in (BOSS, ALICE, BOB):
            await house.registry.register(agent)
        async with opened(database_url) as database:
            mine = sa.update(agents).where(agents.c.amid == BOB.amid)
            await database.write(lambda it: it.execute(mine.values(owner="github 1", tier=1.0)))
        yield house


async def stay(house: House, days: int) -> None:
    """Let so many days pass for everything but the records."""
    house.registry.clock.advance(days * DAY)
    now = int(house.registry.clock.now() * 1000)
    times = {"published_at": now, "expires_at": now + 30 * DAY * 1000, "sequence": now}
    for agent in (BOSS, ALICE, BOB):
        await house.registry.register(agent, agent.record(**times))


async def tiers_of(house: House, *agents: Registrant) -> list[float]:
    return [(await house.looked_up(agent))["tier"] for agent in agents]


async def found(house: House, tier_min: float) -> Any:
    return (await house.registry.get(f"/v1/registry/search?tier_min={tier_min}")).json


async def test_a_certificate_that_ran_out_vouches_for_nobody(
    house: House, database_url: str
) -> None:
    await Organization(house, BOSS, DOMAIN).begin()
    await Organization(house, BOSS, DOMAIN).issue(ALICE)
    assert (await house.obtain(BOB)).status == 200
    assert await tiers_of(house, ALICE, BOB) == [1.5, 1]
    assert len((await found(house, 1))["results"]) == 2
    await stay(house, 91)
    alice = await house.looked_up(ALICE)
    assert (alice["tier"], alice["organization"], alice["certificates"]) == (2, None, [])
    assert await tiers_of(house, ALICE, BOB) == [2, 2]
    assert (await found(house, 1))["results"] == []
    everybody = (await found(house, 2))["results"]
    assert {it["tier"] for it in everybody} == {2}
    assert len(everybody) == 3
    async with opened(database_url) as database:
        await Lapses(database).sweep(int(house.registry.clock.now() * 1000))
    assert (await found(house, 1))["total"] == 0
    assert (await found(house, 2))["total"] == 3


async def test_a_fleet_counts_no_longer_than_its_organization(house: House) -> None:
    acme = Organization(house, BOSS, DOMAIN)
    await acme.begin()
    await stay(house, 300)
    made = acme.contents(ALICE, not_after=acme.now + 200 * DAY)
    assert (await acme.offer(made)).status == 200
    assert (await house.obtain(ALICE, DOMAIN)).status == 200
    await stay(house, 97)
    assert await tiers_of(house, ALICE) == [1.5]
    await stay(house, 2)
    assert await tiers_of(house, ALICE) == [2]
    assert (await found(house, 1.5))["results"] == []


async def test_whose_owner_was_proved_is_vouched_for_again_by_asking(
    house: House, database_url: str
) -> None:
    await house.obtain(BOB)
    await stay(house, 91)
    async with opened(database_url) as database:
        await Lapses(database).sweep(int(house.registry.clock.now() * 1000))
    assert await tiers_of(house, BOB) == [2]
    assert (await house.obtain(BOB)).status == 200
    assert await tiers_of(house, BOB) == [1]
    assert (await found(house, 1))["total"] == 1
    assert (await house.obtain(ALICE)).refusal == (403, "not_permitted")


async def test_it_is_looked_for_once_in_a_while(database: Database) -> None:
    await filled(database, 200)
    lapses = Lapses(database)
    await lapses.sweep(0)
    for moment, left in ((LOOK_MS - 1, 10), (LOOK_MS, 0)):
        await lapses.sweep(moment)
        assert len(await borne(database)) == left


async def borne(database: Database) -> list[str]:
    query = sa.select(agents.c.certificate).where(agents.c.certificate.is_not(None))
    return list(await database.read(lambda it: it.execute(query).scalars().all()))


async def filled(database: Database, count: int) -> None:
    """Keep many agents, of whom each twentieth bears a certificate that runs out at 100."""
    many = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1}) "
    amid, serial = "'A' || CAST(1000000 + i AS TEXT)", "CAST(i AS TEXT)"

    def fill(connection: sa.Connection) -> None:
        for text in (
            "INSERT INTO agents (amid, signing_key, signed, sequence, log_index, registered_at, "
            "updated_at, expires_at, certificate, tier) "
            f"SELECT {amid}, :none, :none, 1, 0, 1, 1, 1099511627776, "
            f"CASE WHEN i % 20 = 0 THEN {serial} END, CASE WHEN i % 20 = 0 THEN 1 ELSE 2 END",
            "INSERT INTO certificates (serial, issuer, subject, data, issued_at, expires_at) "
            f"SELECT {serial}, '', {amid}, :none, 1, 100",
            "INSERT INTO listings (amid, word, cohort, place) "
            f"SELECT {amid}, '', CASE WHEN i % 20 = 0 THEN 6 ELSE 2 END, -0.5",
        ):
            into, selected = text.split("SELECT ", 1)
            query = f"{into}{many}SELECT {selected} FROM n"
            if "INTO certificates" in into:
                query += " WHERE i % 20 = 0"
            connection.execute(sa.text(query), {"none": b""} if ":none" in query else {})

    await database.fill(fill)
    if "postgresql" in await database.read(lambda it: it.dialect.name):
        await database.fill(lambda it: it.execute(sa.text("ANALYZE")))


async def test_a_search_reads_no_table_from_end_to_end(database: Database) -> None:
    await filled(database, 20_000)
    for tier_min in (None, 1, 1.5):
        asked = asked_for(Wanted(tier_min=tier_min), 21, BEGINNING)
        plan = await database.read(lambda it, asked=asked: explained(it, asked))
        assert "listings_in_order" in plan
        for table in (agents, certificates, listings):
            assert f"Seq Scan on {table.name}" not in plan, plan
            assert f"SCAN {table.name}" not in plan, plan


def explained(connection: sa.Connection, asked: Asked) -> str:
    """Return how the database goes about finding a page."""
    bound = asked.page.params(asked.values).compile(
        dialect=connection.dialect, compile_kwargs={"literal_binds": True}
    )
    word = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(str(row) for row in connection.exec_driver_sql(word + str(bound)))
