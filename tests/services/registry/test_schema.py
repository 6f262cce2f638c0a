"""The migrations lead to the tables that the code expects."""

from typing import Any

import sqlalchemy as sa
from agentmesh_registry.storage.database import Database, opened
from agentmesh_registry.storage.schema import upgrade
from agentmesh_registry.storage.tables import metadata
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext


def differences(connection: sa.Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_the_migrations_make_the_tables_of_the_code(database: Database) -> None:
    assert await database.read(differences) == []


async def test_a_difference_would_be_noticed(database: Database) -> None:
    more = sa.text("ALTER TABLE agents ADD COLUMN more INTEGER")
    await database.write(lambda connection: connection.execute(more).close())
    assert len(await database.read(differences)) == 1


async def test_upgrading_again_changes_nothing(database_url: str) -> None:
    async with opened(database_url) as database:
        await database.write(upgrade)
        assert await database.read(differences) == []
