"""PostgreSQL's ways: writers of several processes take turns, a reader sees one moment."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage.database import opened
from agentmesh_registry.storage.nonces import Nonces, Seen
from agentmesh_registry.storage.postgresql import Server, ways
from agentmesh_registry.storage.tables import nonces
from sqlalchemy.util import await_only

from tests.support.registrant import Registrant

ALICE = Registrant("alice").amid
HOW_MANY = sa.select(sa.func.count()).select_from(nonces)


@pytest.fixture
async def pair(postgres_database: str) -> AsyncIterator[tuple[Server, Server]]:
    writer, reader = ways(sa.make_url(postgres_database).set(drivername="postgresql+asyncpg"))
    yield writer, reader
    await writer.close()
    await reader.close()


def add(connection: sa.Connection, name: str) -> None:
    connection.execute(sa.insert(nonces).values(amid=ALICE, nonce=name, expires_at=1))


def count(connection: sa.Connection) -> int:
    found: int = connection.execute(HOW_MANY).scalar_one()
    return found


async def test_two_registries_at_one_database_write_in_turns(
    postgres_database: str, pair: tuple[Server, Server]
) -> None:
    mine, _ = pair
    theirs, other_reader = ways(sa.make_url(postgres_database).set(drivername="postgresql+asyncpg"))

    def read_and_add(connection: sa.Connection) -> None:
        add(connection, f"n{count(connection)}")  # a name of somebody's before would be refused

    await asyncio.gather(*(way.run(read_and_add) for way in (mine, theirs) * 10))
    assert await other_reader.run(count) == 20
    await theirs.close()
    await other_reader.close()


async def test_long_work_sees_one_moment(
    postgres_database: str, pair: tuple[Server, Server]
) -> None:
    _, reader = pair
    async with opened(postgres_database) as other:

        def look_twice(connection: sa.Connection) -> tuple[int, int]:
            before = count(connection)
            await_only(Nonces(other).remember(Seen(amid=ALICE, nonce="n", until=2), 1))
            return before, count(connection)

        assert await reader.run_long(look_twice) == (0, 0)
    assert await reader.run(count) == 1
