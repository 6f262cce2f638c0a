import sqlite3
from pathlib import Path

import pytest

from agentmesh.errors import StorageError
from agentmesh.storage.connection import Connect, Connection, connect
from agentmesh.storage.interface import Put
from agentmesh.storage.sqlite import SqliteStore
from tests.support.stores import ONE, session, sqlite_store, vault


async def _refusal(path: Path, connect: Connect = connect, key: str = "vault") -> StorageError:
    with pytest.raises(StorageError) as caught:
        async with SqliteStore(path, vault(key), connect=connect):
            pass
    assert caught.value.hint
    return caught.value


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    async with sqlite_store(tmp_path) as store:
        await store.commit([Put(session())])
    return tmp_path / "agentmesh.db"


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + bytes(9000)])
async def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "agentmesh.db"
    path.write_bytes(content)
    refusal = await _refusal(path)
    assert refusal.code == "database_corrupt"
    assert "agentmesh doctor" in refusal.hint
    assert str(path) in refusal.message
    assert path.read_bytes() == content


async def test_another_key_is_refused_and_moves_nothing(path: Path, tmp_path: Path) -> None:
    refusal = await _refusal(path, key="another")
    assert refusal.code == "storage_key_wrong"
    async with sqlite_store(tmp_path) as store:
        assert await store.session(ONE) == session()
        assert store.warnings() == []


async def test_one_damaged_proof_of_the_key_is_enough_left(path: Path, tmp_path: Path) -> None:
    connection = connect(path)
    connection.execute("UPDATE key_proof SET box = x'00' WHERE copy = 1").fetchall()
    connection.close()
    async with sqlite_store(tmp_path) as store:
        assert await store.session(ONE) == session()


async def test_a_disk_that_takes_no_writes_is_named(path: Path) -> None:
    def read_only(path: Path) -> Connection:
        return sqlite3.connect(
            f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
        )

    assert (await _refusal(path, read_only)).code == "storage_readonly"


async def test_a_database_that_another_program_holds_is_named(path: Path) -> None:
    def impatient(path: Path) -> Connection:
        return sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)

    holder = connect(path)
    holder.execute("BEGIN IMMEDIATE").fetchall()
    assert (await _refusal(path, impatient)).code == "storage_locked"
    holder.close()


async def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert (await _refusal(tmp_path / "none" / "agentmesh.db")).code == "storage_failed"


async def test_a_row_that_changed_its_name_is_set_aside_when_indexes_are_mended(
    path: Path, tmp_path: Path
) -> None:
    data = path.read_bytes()
    path.write_bytes(data.replace(b"onebob", b"twobob", 1))
    async with sqlite_store(tmp_path) as store:
        assert await store.sessions() == []
        mended, aside = store.warnings()
    assert "indexes" in mended
    assert "sessions row 1" in aside
