"""A backup is the whole registry as of one moment, and can be put into either database."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage.copying import TABLES, copy_in, copy_out
from agentmesh_registry.storage.database import Database, opened

from agentmesh.errors import IntegrityError, UsageError
from tests.services.registry.test_verifying import fill, problems


def rows(connection: sa.Connection) -> dict[str, set[tuple[object, ...]]]:
    return {it.name: set(map(tuple, connection.execute(sa.select(it)))) for it in TABLES}


async def test_a_backup_comes_back_as_it_was(database: Database, tmp_path: Path) -> None:
    await fill(database)
    file = tmp_path / "backup"
    copied = await database.survey(lambda connection: copy_out(connection, file))
    assert copied == (3, 11)
    async with opened(f"{tmp_path}/restored.db") as other:
        assert await other.fill(lambda connection: copy_in(connection, file)) == (3, 11)
        assert await other.read(rows) == await database.read(rows)
        assert await problems(other) == ()


async def test_sqlite_moves_into_any_database(
    database: Database, sqlite_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    async with opened(sqlite_url + ".other") as source:
        await fill(source)
        await source.survey(lambda connection: copy_out(connection, file))
        await database.fill(lambda connection: copy_in(connection, file))
        assert await database.read(rows) == await source.read(rows)
    assert await problems(database) == ()


async def test_nothing_is_restored_over_a_registry(database: Database, tmp_path: Path) -> None:
    await fill(database)
    file = tmp_path / "backup"
    await database.survey(lambda connection: copy_out(connection, file))
    with pytest.raises(UsageError, match="already"):
        await database.fill(lambda connection: copy_in(connection, file))
    assert await problems(database) == ()


@pytest.mark.parametrize("content", [b"", b"not a database" * 100], ids=["empty", "text"])
async def test_what_is_no_backup_changes_nothing(
    database: Database, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(IntegrityError, match="no backup"):
        await database.fill(lambda connection: copy_in(connection, tmp_path / "file"))
    assert await problems(database) == ()
