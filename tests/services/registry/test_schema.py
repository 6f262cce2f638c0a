"""The migrations lead to the tables that the code expects."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage import schema
from agentmesh_registry.storage.database import Database, opened
from agentmesh_registry.storage.schema import NEWEST, upgrade
from agentmesh_registry.storage.tables import metadata
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from agentmesh.errors import UsageError


def differences(connection: sa.Connection) -> list[Any]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_the_migrations_make_the_tables_of_the_code(empty_url: str) -> None:
    async with opened(empty_url) as database:
        assert await database.read(differences) == []
        assert await database.read(_steps) == [NEWEST]


def _steps(connection: sa.Connection) -> list[str]:
    return list(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars())


async def test_an_older_database_is_brought_up_to_date(empty_url: str) -> None:
    async with opened(empty_url) as database:
        await database.fill(lambda connection: _begin_again(connection, "0004"))
        assert await database.read(differences)
    async with opened(empty_url) as database:
        assert await database.read(differences) == []


async def test_a_database_of_a_newer_registry_is_not_touched(empty_url: str) -> None:
    async with opened(empty_url) as database:
        newer = sa.text("UPDATE alembic_version SET version_num = '9999'")
        await database.write(lambda connection: connection.execute(newer).close())
    with pytest.raises(UsageError, match="step 9999") as caught:
        async with opened(empty_url):
            pass
    assert caught.value.code == "database_newer"


def _begin_again(connection: sa.Connection, step: str) -> None:
    """Leave the tables as they were at this step."""
    everything = sa.MetaData()
    everything.reflect(connection)
    everything.drop_all(connection)
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, step)


async def test_a_difference_would_be_noticed(database: Database) -> None:
    more = sa.text("ALTER TABLE agents ADD COLUMN more INTEGER")
    await database.write(lambda connection: connection.execute(more).close())
    assert len(await database.read(differences)) == 1


async def test_upgrading_again_changes_nothing(database_url: str) -> None:
    async with opened(database_url) as database:
        await database.write(upgrade)
        assert await database.read(differences) == []
