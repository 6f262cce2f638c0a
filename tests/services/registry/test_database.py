"""The way to the database."""

import asyncio
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage import database as storage
from agentmesh_registry.storage import threads
from agentmesh_registry.storage.database import Database, opened
from agentmesh_registry.storage.nonces import Nonces, Seen
from agentmesh_registry.storage.tables import nonces

from agentmesh.errors import AgentMeshError, StorageError
from tests.support.registrant import Registrant

ALICE = Registrant("alice").amid


def seen(nonce: str) -> Seen:
    return Seen(amid=ALICE, nonce=nonce, until=2)


async def count(database: Database) -> int:
    query = sa.select(sa.func.count()).select_from(nonces)
    found: int = await database.read(lambda connection: connection.execute(query).scalar_one())
    return found


async def test_what_an_error_leaves_is_dropped(database: Database) -> None:
    def fail(connection: sa.Connection) -> None:
        connection.execute(sa.insert(nonces).values(amid=ALICE, nonce="n", expires_at=1))
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    assert await count(database) == 0


async def test_it_is_there_after_it_was_opened_again(database_url: str) -> None:
    for number in range(2):
        async with opened(database_url) as database:
            await Nonces(database).remember(seen(str(number)), 1)
            assert await count(database) == number + 1


async def test_many_write_at_once(database: Database) -> None:
    memory = Nonces(database)
    await asyncio.gather(*(memory.remember(seen(f"n{n}"), 1) for n in range(40)))
    assert await count(database) == 40


async def test_nobody_waits_for_ever(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = Event()
    async with opened(sqlite_url) as database:
        monkeypatch.setattr(threads, "SECONDS", 0.01)
        for _ in range(2):  # the second one never gets its turn
            with pytest.raises(StorageError) as caught:
                await database.write(lambda _: is_over.wait())
            assert caught.value.code == "database_unreachable"
        monkeypatch.undo()
        is_over.set()
        assert await count(database) == 0


async def test_it_answers(database: Database) -> None:
    await database.ping()


@pytest.mark.parametrize(
    "url", ["", "sqlite://", "sqlite:///:memory:", "mysql://host/name", "nothing://", "://"]
)
async def test_an_address_that_is_none_is_named(url: str) -> None:
    with pytest.raises(AgentMeshError) as caught:
        async with opened(url):
            pass
    assert caught.value.code == "invalid_database"
    assert "postgresql://" in caught.value.hint


async def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(StorageError) as caught:
        async with opened("postgresql://mesh@127.0.0.1:1/mesh"):
            pass
    assert caught.value.code == "database_unreachable"
    assert "running" in caught.value.hint


async def test_a_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError) as caught:
        async with opened(f"{tmp_path}/file/registry.db"):
            pass
    assert caught.value.code == "database_unreachable"


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "registry.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError):
        async with opened(f"{tmp_path}/registry.db"):
            pass


async def test_who_finds_it_locked_is_told_and_the_next_one_is_served(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, add = sa.text("BEGIN IMMEDIATE"), sa.insert(nonces)
    row = {"amid": ALICE, "nonce": "n", "expires_at": 2}
    other = sa.create_engine(sqlite_url, isolation_level="AUTOCOMMIT")
    monkeypatch.setattr(storage, "SECONDS", 0.3)
    async with opened(sqlite_url) as database:
        monkeypatch.undo()
        with other.connect() as holding:
            holding.execute(lock)
            for _ in range(2):
                with pytest.raises(StorageError) as refused:
                    await database.fill(lambda connection: connection.execute(add, row).rowcount)
                assert refused.value.code == "database_unreachable"
            holding.execute(sa.text("ROLLBACK"))
        await database.fill(lambda connection: connection.execute(add, row).rowcount)
        assert await count(database) == 1
    other.dispose()
