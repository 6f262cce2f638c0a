"""Under which words agents are found, and where each stands: always what `agents` says of them."""

from typing import Any

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage import tables
from agentmesh_registry.storage.database import Database, opened
from agentmesh_registry.storage.listings import Listings, cohort_of, cohorts, place_of
from agentmesh_registry.storage.tables import agents
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.protocol.bounded import Status
from tests.support.asking import Asker
from tests.support.registrant import DAY, Registrant

TIERS = (2.0, 1.0, 1.5)
STATUSES: tuple[Status, ...] = ("online", "away", "offline", "dnd")
ANN = Registrant("ann")


async def listed(database: Database) -> set[tuple[str, int, float]]:
    columns = (tables.listings.c.word, tables.listings.c.cohort, tables.listings.c.place)
    rows = await database.read(lambda connection: connection.execute(sa.select(*columns)).all())
    return {(row.word, row.cohort, row.place) for row in rows}


def test_each_tier_and_presence_is_a_cohort_of_its_own() -> None:
    numbers = [cohort_of(tier, status) for tier in TIERS for status in STATUSES]
    assert sorted(numbers) == list(range(12))
    assert cohorts(None, None) == list(range(12))
    assert cohorts(1.5, "dnd") == [cohort_of(1.5, "dnd")]
    assert cohorts(1, "online") == sorted(cohort_of(tier, "online") for tier in (1, 1.5))


@given(st.floats(0, 1), st.floats(0, 1))
def test_who_is_rated_stands_before_all_who_are_not(rated: float, unrated: float) -> None:
    assert -2 <= place_of(rated, 5) <= -1 <= place_of(unrated, 4) <= 0


async def test_an_agent_is_listed_for_what_it_offers_now(
    registry: Asker, database: Database
) -> None:
    at = (cohort_of(2, "offline"), -0.5)
    await registry.register(ANN, ANN.record(1, "travel/flights", "travel", "x-a/b/c"))
    words = {"", "travel", "travel/flights", "x-a/b", "x-a/b/c"}
    assert await listed(database) == {(word, *at) for word in words}
    await registry.register(ANN, ANN.record(2, "finance"))
    assert await listed(database) == {(word, *at) for word in ("", "finance")}


async def test_presence_moves_it_and_silence_moves_it_back(
    registry: Asker, database: Database
) -> None:
    await registry.register(ANN)
    sweeping = Listings(database)
    await registry.post("/v1/registry/status", {"status": "dnd"}, ANN)
    await sweeping.sweep(int(registry.clock.now() * 1000))
    assert await listed(database) == {("", cohort_of(2, "dnd"), -0.5)}
    assert await sweeping.count(0) == (1, 1)
    registry.clock.advance(301)
    await sweeping.sweep(int(registry.clock.now() * 1000))
    assert await listed(database) == {("", cohort_of(2, "offline"), -0.5)}
    assert (await registry.get("/v1/registry/search?status=offline")).json["total"] == 1
    assert await sweeping.count(1) == (1, 1), "counted once in a while"
    assert await sweeping.count(10_000) == (1, 0)


async def test_a_record_that_expired_is_taken_out_until_there_is_a_new_one(
    registry: Asker, database: Database
) -> None:
    await registry.register(ANN)
    sweeping = Listings(database)
    registry.clock.advance(31 * DAY)
    await sweeping.sweep(int(registry.clock.now() * 1000))
    assert await listed(database) == set()
    later = Registrant("ann", registry.clock.now())
    assert (await registry.register(later, later.record(2))).status == 200
    await sweeping.sweep(int(registry.clock.now() * 1000))
    assert len(await listed(database)) == 1


async def test_who_was_revoked_is_not_listed(registry: Asker, database: Database) -> None:
    await registry.register(ANN, ANN.record(1, "travel"))
    await registry.revoke(ANN)
    assert await listed(database) == set()


OLD = [
    ("a", 2.0, "offline", 0.5, 0, None, [("travel", "flights"), ("travel", "hotels")]),
    ("b", 1.5, "dnd", 0.75, 5, None, [("travel", "")]),
    ("c", 1.0, "online", 0.5, 4, None, []),
    ("d", 2.0, "online", 0.5, 0, 1, [("travel", "")]),
]


def before(connection: sa.Connection) -> None:
    """Make the tables as they were, with agents in them."""
    migrate(connection, "0006")
    rest: dict[str, Any] = dict.fromkeys(("registered_at", "updated_at", "expires_at"), 9)
    rest |= {"signing_key": b"", "signed": b"", "sequence": 1, "log_index": 0}
    names = ("amid", "tier", "status", "reputation_score", "ratings_count", "revoked_at")
    for *columns, words in OLD:
        connection.execute(
            sa.insert(agents).values(**rest, **dict(zip(names, columns, strict=True)))
        )
        for category, subcategory in words:
            insert = "INSERT INTO capabilities VALUES (:a, :c, :s)"
            given = {"a": columns[0], "c": category, "s": subcategory}
            connection.execute(sa.text(insert), given)


def migrate(connection: sa.Connection, target: str) -> None:
    config = Config()
    config.set_main_option("script_location", "agentmesh_registry:storage/migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, target)


async def test_a_registry_of_before_is_listed_as_it_was(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("agentmesh_registry.storage.database.upgrade", before)
        async with opened(empty_url):
            pass
    async with opened(empty_url) as database:
        plain, best, middle = (2.0, "offline"), (1.5, "dnd"), (1.0, "online")
        wanted = {(word, cohort_of(*plain), -0.5) for word in ("travel/flights", "travel/hotels")}
        wanted |= {(word, cohort_of(*plain), -0.5) for word in ("", "travel")}
        wanted |= {(word, cohort_of(*best), -1.75) for word in ("", "travel")}
        wanted |= {("", cohort_of(*middle), -0.5)}
        assert await listed(database) == wanted
