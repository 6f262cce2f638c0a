"""A copy of the database while somebody writes."""

from pathlib import Path

import pytest

from agentmesh.errors import StorageError, UsageError
from agentmesh.storage.copying import copied
from agentmesh.storage.interface import Put
from tests.support.stores import session, sqlite_store


async def test_a_copy_is_as_the_store_was_and_opens_like_it(tmp_path: Path) -> None:
    run, other = tmp_path / "run", tmp_path / "other"
    run.mkdir()
    other.mkdir()
    async with sqlite_store(tmp_path) as store:
        await store.commit([Put(session("one"))])
        with copied(tmp_path / "agentmesh.db", run) as copy:
            assert copy.stat().st_mode & 0o777 == 0o600
            (other / "agentmesh.db").write_bytes(copy.read_bytes())
            await store.commit([Put(session("two"))])
        assert [it.name for it in run.iterdir()] == ["copying.lock"]
    async with sqlite_store(other) as store:
        assert [it.session_id for it in await store.sessions()] == ["one"]


async def test_what_a_crash_left_is_erased(tmp_path: Path) -> None:
    (tmp_path / "agentmesh.db.copy").write_bytes(b"half a copy")
    async with sqlite_store(tmp_path):
        with copied(tmp_path / "agentmesh.db", tmp_path) as copy:
            assert [it.name for it in tmp_path.glob("*.copy")] == [copy.name]
    assert not list(tmp_path.glob("*.copy"))


async def test_two_copies_at_once_are_one_too_many(tmp_path: Path) -> None:
    database = tmp_path / "agentmesh.db"
    async with sqlite_store(tmp_path):
        with copied(database, tmp_path) as copy:
            with pytest.raises(UsageError) as caught, copied(database, tmp_path):
                pass
            assert caught.value.code == "backup_running"
            assert copy.read_bytes().startswith(b"SQLite format 3")
        with copied(database, tmp_path):
            pass


def test_no_copy_of_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "agentmesh.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError), copied(tmp_path / "agentmesh.db", tmp_path):
        pass
    assert not list(tmp_path.glob("*.copy"))
