"""Finding agents by what they offer."""

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.search import Search, Wanted
from agentmesh_registry.storage.tables import agents

from tests.support.asking import Asker
from tests.support.registrant import Registrant

NOW = 1_800_000_000_000


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
    for offset in range(0, 6, 2):
        page = (await registry.get(f"/v1/registry/search?limit=2&offset={offset}")).json
        assert page["total"] == 4
        seen += [one["display_name"] for one in page["results"]]
    assert sorted(seen) == ["ann", "ben", "cat", "dan"]


async def test_presence_is_searched_as_it_counts_now(registry: Asker) -> None:
    await some(registry)
    ann = Registrant("ann")
    await registry.post("/v1/registry/status", {"status": "online"}, ann)
    assert await names(registry, "status=online") == ["ann"]
    assert await names(registry, "status=offline") == ["ben", "cat", "dan"]
    registry.clock.advance(301)
    assert await names(registry, "status=online") == []
    assert await names(registry, "status=offline") == ["ann", "ben", "cat", "dan"]


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
        "offset=-1",
        "offset=99999999999999999999",
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


async def test_rated_agents_come_first_and_the_better_ones_before(
    registry: Asker, database: Database
) -> None:
    await some(registry)

    def rate(connection: sa.Connection) -> None:
        for name, tier, score, count in [("dan", 1.5, 0.2, 5), ("cat", 1.0, 0.9, 7)]:
            row = sa.update(agents).where(agents.c.amid == Registrant(name).amid)
            connection.execute(row.values(tier=tier, reputation_score=score, ratings_count=count))

    await database.write(rate)
    search = Search(database)
    found, total = await search.page(Wanted(), NOW, limit=2, offset=0)
    assert [one.amid for one in found] == [Registrant("cat").amid, Registrant("dan").amid]
    assert total == 4
    verified, _ = await search.page(Wanted(tier_min=1.5), NOW, limit=9, offset=0)
    assert [one.amid for one in verified] == [Registrant("dan").amid]
