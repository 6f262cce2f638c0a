"""The memory against replays."""

import sqlalchemy as sa
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.nonces import Nonces
from agentmesh_registry.storage.tables import nonces

from tests.support.registrant import Registrant

ALICE, BOB = Registrant("alice").amid, Registrant("bob").amid


async def test_a_nonce_is_new_once(database: Database) -> None:
    memory = Nonces(database)
    assert await memory.remember(ALICE, "n", 0, 10)
    assert not await memory.remember(ALICE, "n", 0, 10)
    assert not await Nonces(database).remember(ALICE, "n", 0, 10)


async def test_two_agents_may_draw_the_same(database: Database) -> None:
    memory = Nonces(database)
    assert await memory.remember(ALICE, "n", 0, 10)
    assert await memory.remember(BOB, "n", 0, 10)


async def test_what_is_over_is_swept_away(database: Database) -> None:
    memory = Nonces(database)
    await memory.remember(ALICE, "old", 0, 1_000)
    await memory.remember(ALICE, "young", 0, 100_000)
    await memory.remember(ALICE, "new", 60_000, 160_000)
    query = sa.select(nonces.c.nonce)
    kept = await database.read(lambda connection: set(connection.execute(query).scalars()))
    assert kept == {"young", "new"}
