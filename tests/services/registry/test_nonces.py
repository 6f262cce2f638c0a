"""The memory against replays."""

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.nonces import Nonces, Seen
from agentmesh_registry.storage.tables import agents, nonces

from agentmesh.errors import AgentMeshError, RemoteProtocolError
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


async def test_a_request_of_nobody_who_counts_is_not_remembered(database: Database) -> None:
    times = dict.fromkeys(("sequence", "expires_at", "registered_at", "updated_at"), 1)
    kept = {"signing_key": b"k", "signed": b"", **times}
    rows = [{"amid": ALICE, "revoked_at": None, **kept}, {"amid": BOB, "revoked_at": 1, **kept}]
    await database.write(lambda connection: connection.execute(sa.insert(agents), rows).rowcount)
    forgotten: list[Amid] = []
    memory, nobody = Nonces(database, forgotten.append), Registrant("nobody").amid
    for amid, code in ((ALICE, ""), (BOB, "identity_revoked"), (nobody, "unknown_signer")):
        request = Seen(amid=amid, nonce="n", until=10, must_stand=True)
        if not code:
            await memory.remember(request, 0)
            continue
        with pytest.raises(AgentMeshError) as refused:
            await memory.remember(request, 0)
        assert refused.value.code == code
    assert forgotten == [BOB, nobody]
    query = sa.select(nonces.c.amid)
    assert await database.read(lambda it: it.execute(query).scalars().all()) == [ALICE]
