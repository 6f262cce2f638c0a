"""Finding agents by what they offer."""

import msgspec
import pytest
import sqlalchemy as sa
from agentmesh_registry.reputation.record import Record
from agentmesh_registry.storage import listings, tables
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.search import Place, Search, Wanted
from agentmesh_registry.storage.tables import agents, standings

from agentmesh.protocol.limits import SEARCH_TOTAL
from tests.support.asking import Asker
from tests.support.registrant import Registrant

FOREIGN = [(-2.1, "a"), (0.1, "a"), (float("nan"), "a"), (-1.0, ""), (-1.0, "a b"), (-1.0, "\0")]


async def names(registry: Asker, query: str) -> list[str]:
    answer = await registry.get(f"/v1/registry/search?{query}")
    assert answer.status == 200, answer.raw
    return sorted(one["display_name"] for one in answer.json["results"])


async def some(registry: Asker) -> Asker:
    offers = {
        "ann": ("travel/flights",),
        "ben": ("travel/hotels", "finance"),
        "cat": ("x-acme/billing/invoices",),
        "dan": (),
    }
    for name, words in offers.items():
        agent = Registrant(name)
        assert (await registry.register(agent, agent.record(1, *words))).status == 201
    return registry


async def test_a_category_finds_all_its_subcategories(registry: Asker) -> None:
    await some(registry)
    assert await names(registry, "capability=travel") == ["ann", "ben"]
    assert await names(registry, "capability=travel/hotels") == ["ben"]
    assert await names(registry, "capability=travel/trains") == []
    assert await names(registry, "") == ["ann", "ben", "cat", "dan"]


async def test_a_category_of_ones_own_is_found_by_its_namespace(registry: Asker) -> None:
    await some(registry)
    assert await names(registry, "capability=x-acme/billing") == ["cat"]
    assert await names(registry, "capability=x-acme/billing/invoices") == ["cat"]
    assert await names(registry, "capability=x-acme/other") == []


async def test_pages_cover_everything_once(registry: Asker) -> None:
    await some(registry)
    seen: list[str] = []
    after = ""
    while after is not None:
        page = (await registry.get(f"/v1/registry/search?limit=2&after={after}")).json
        assert page["total"] == 4
        seen += [one["display_name"] for one in page["results"]]
        after = page["next"]
    assert sorted(seen) == ["ann", "ben", "cat", "dan"]


async def test_presence_is_searched_as_it_counts_now(registry: Asker) -> None:
    await some(registry)
    ann = Registrant("ann")
    await registry.post("/v1/registry/status", {"status": "online"}, ann)
    assert await names(registry, "status=online") == ["ann"]
    assert await names(registry, "status=offline") == ["ben", "cat", "dan"]
    registry.clock.advance(301)
    assert await names(registry, "status=online") == []


async def test_floors_keep_out_what_is_below(registry: Asker) -> None:
    await some(registry)
    assert len(await names(registry, "tier_min=2&reputation_min=0.5")) == 4
    assert await names(registry, "tier_min=1") == []
    assert await names(registry, "reputation_min=0.51") == []


@pytest.mark.parametrize(
    "query",
    [
        "tier_min=3",
        "tier_min=nan",
        "reputation_min=2",
        "reputation_min=nan",
        "limit=0",
        "limit=101",
        "limit=ten",
        "offset=1",
        *(f"after={text}" for text in ("x", "%00", "%ff", "kg==", "A" * 65)),
        *(f"after={Place(*place).text()}" for place in FOREIGN),
        "status=busy",
        "colour=red",
        "limit=1&limit=2",
    ],
)
async def test_a_search_that_makes_no_sense_is_refused(light: Asker, query: str) -> None:
    answer = await light.get(f"/v1/registry/search?{query}")
    assert answer.refusal == (400, "invalid_request")


@pytest.mark.parametrize("word", ["%00", "/", "a/b/c", "%ff", "a%20b", "x-a/b/c/d", "%F0%9F%98%80"])
async def test_a_word_that_is_no_capability_is_refused(light: Asker, word: str) -> None:
    answer = await light.get(f"/v1/registry/search?capability={word}")
    assert answer.refusal == (400, "invalid_category")


async def stand(database: Database, name: str, **columns: float | int | str | None) -> None:
    """Let an agent have what only the registry gives."""
    amid = Registrant(name).amid

    def change(connection: sa.Connection) -> None:
        connection.execute(sa.update(agents).where(agents.c.amid == amid).values(**columns))
        listings.move(connection, amid)

    await database.write(change)


async def test_rated_agents_come_first_and_the_better_ones_before(
    registry: Asker, database: Database
) -> None:
    await some(registry)
    await stand(database, "dan", tier=1.5, reputation_score=0.2, ratings_count=5)
    await stand(database, "cat", tier=1.0, reputation_score=0.9, ratings_count=7)
    found = (await registry.get("/v1/registry/search?limit=2")).json
    assert [one["display_name"] for one in found["results"]] == ["cat", "dan"]
    assert found["total"] == 4
    assert await names(registry, "tier_min=1.5") == ["dan"]
    assert await names(registry, "tier_min=1") == ["cat", "dan"]
    assert await names(registry, "reputation_min=0.9") == ["cat"]
    assert await names(registry, "reputation_min=0.3") == ["ann", "ben", "cat"]
    leaders = (await registry.get("/v1/registry/reputation/leaderboard")).json
    assert [one["display_name"] for one in leaders["results"]] == ["cat", "dan"]


async def test_what_was_flagged_is_shown_with_its_flags(
    registry: Asker, database: Database
) -> None:
    await some(registry)
    ann = Registrant("ann")
    until = registry.clock.now() * 1000 + 1000
    record = Record(flags={"rapid_reputation_increase": int(until)})
    row = sa.insert(standings).values(amid=ann.amid, record=msgspec.msgpack.encode(record))
    await database.write(lambda connection: connection.execute(row).rowcount)
    flags = ["rapid_reputation_increase"]
    [shown] = (await registry.get("/v1/registry/search?capability=travel/flights")).json["results"]
    assert shown["flags"] == flags
    assert (await registry.lookup(ann)).json["flags"] == flags
    registry.clock.advance(2)
    assert (await registry.lookup(ann)).json["flags"] == []


async def test_no_more_is_counted_than_anybody_reads(database: Database) -> None:
    crowd = [{"amid": f"a{number}", "sequence": number} for number in range(SEARCH_TOTAL + 5)]
    rest = {"signing_key": b"", "signed": b"", "expires_at": 9, "registered_at": 1, "updated_at": 1}
    await database.write(
        lambda connection: (
            connection.execute(sa.insert(agents), [{**rest, **one} for one in crowd]).rowcount
        )
    )
    rows = [
        {"amid": one["amid"], "word": "", "cohort": number % 12, "place": -0.5}
        for number, one in enumerate(crowd)
    ]
    await database.write(
        lambda connection: connection.execute(sa.insert(tables.listings), rows).rowcount
    )
    page = await Search(database).page(Wanted(), 10, 100)
    assert page.total == SEARCH_TOTAL
    assert page.agents == []  # all have expired, and a page may be short
    assert page.end is not None
