"""The memory against replays."""

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.nonces import Nonces, Seen
from agentmesh_registry.storage.tables import nonces

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.ids import Amid
from tests.support.registrant import Registrant

ALICE, BOB = Registrant("alice").amid, Registrant("bob").amid


def seen(amid: Amid, nonce: str, until: int) -> Seen:
    return Seen(amid=amid, nonce=nonce, until=until)


async def test_a_nonce_is_new_once(database: Database) -> None:
    memory = Nonces(database)
    await memory.remember(seen(ALICE, "n", 10), 0)
    for again in (memory, Nonces(database)):
        with pytest.raises(RemoteProtocolError, match="came before"):
            await again.remember(seen(ALICE, "n", 10), 0)


async def test_two_agents_may_draw_the_same(database: Database) -> None:
    memory = Nonces(database)
    await memory.remember(seen(ALICE, "n", 10), 0)
    await memory.remember(seen(BOB, "n", 10), 0)


async def test_what_is_over_is_swept_away(database: Database) -> None:
    memory = Nonces(database)
    await memory.remember(seen(ALICE, "old", 1_000), 0)
    await memory.remember(seen(ALICE, "young", 100_000), 0)
    await memory.remember(seen(ALICE, "new", 160_000), 60_000)
    query = sa.select(nonces.c.nonce)
    kept = await database.read(lambda connection: set(connection.execute(query).scalars()))
    assert kept == {"young", "new"}
