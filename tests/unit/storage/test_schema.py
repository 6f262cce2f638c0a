import sqlite3
from importlib import resources
from pathlib import Path

import pytest

from agentmesh.errors import StorageError
from agentmesh.storage.connection import connect
from agentmesh.storage.schema import _scripts, _statements, create, migrate


def test_the_migrations_are_numbered_without_gaps() -> None:
    folder = resources.files("agentmesh.storage") / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_each_script_is_nothing_but_whole_statements() -> None:
    for script in _scripts():
        assert "".join(_statements(script)).strip() == script.strip()


def test_a_new_database_has_the_newest_shape_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "db"
    create(path, connect)
    assert path.stat().st_mode & 0o777 == 0o600
    connection = connect(path)
    assert connection.execute("SELECT max(number) FROM schema_version").fetchall() == [
        (len(_scripts()),)
    ]
    migrate(connection, path)
    assert len(connection.execute("SELECT number FROM schema_version").fetchall()) == len(
        _scripts()
    )
    connection.close()


def test_what_a_crash_left_of_a_beginning_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "db.new").write_bytes(b"half")
    (tmp_path / "db.new-journal").write_bytes(b"of it")
    create(tmp_path / "db", connect)
    assert [path.name for path in tmp_path.iterdir()] == ["db"]


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "db"
    create(path, connect)
    connection = connect(path)
    connection.execute("INSERT INTO schema_version VALUES (99)")
    with pytest.raises(StorageError) as caught:
        migrate(connection, path)
    assert caught.value.code == "database_newer"
    assert "99" in caught.value.message
    assert "Update" in caught.value.hint
    connection.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.touch()
    connection = connect(path)
    connection.execute("CREATE TABLE incoming (in_the_way TEXT)")
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, path)
    assert not connection.in_transaction
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert found == [("incoming",)]
    connection.close()
