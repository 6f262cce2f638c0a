import os
from pathlib import Path

import pytest

from agentmesh.errors import StorageError
from agentmesh.storage.connection import check, connect, protect, set_up


@pytest.mark.parametrize("name", ["db", "a b", "100%?#", "ü"])
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    connection = connect(path)
    connection.execute("CREATE TABLE here (a)").fetchall()
    connection.close()
    assert path.stat().st_size > 0
    assert [found.name for found in tmp_path.iterdir()] == [name]


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="unable to open"):
        connect(tmp_path / "db")
    assert list(tmp_path.iterdir()) == []


def test_commits_last_and_erased_is_erased(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.touch()
    connection = connect(path)
    set_up(connection, path)
    settings = {
        name: connection.execute(f"PRAGMA {name}").fetchall()[0][0]
        for name in ("journal_mode", "synchronous", "secure_delete")
    }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
    connection.close()


def _database(path: Path) -> None:
    path.touch()
    connection = connect(path)
    connection.execute("CREATE TABLE t (a TEXT UNIQUE)").fetchall()
    connection.execute("INSERT INTO t VALUES ('one'), ('two')").fetchall()
    connection.close()


def test_indexes_that_do_not_fit_are_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "db"
    _database(path)
    data = path.read_bytes()
    in_table = data.index(b"two")
    assert data.count(b"two") == 2  # in the table's page, and later in the index's
    path.write_bytes(data[:in_table] + b"ten" + data[in_table + 3 :])
    connection = connect(path)
    assert check(connection, path)
    assert not check(connection, path)
    assert connection.execute("SELECT a FROM t WHERE a = 'ten'").fetchall() == [("ten",)]
    connection.close()


@pytest.mark.parametrize("place", ["key", "page"])
def test_what_no_index_explains_is_damage(tmp_path: Path, place: str) -> None:
    path = tmp_path / "db"
    _database(path)
    data = path.read_bytes()
    key_twice = data.replace(b"two", b"one", 1)
    no_page = data[:4096] + bytes(8) + data[4104:]
    path.write_bytes(key_twice if place == "key" else no_page)
    connection = connect(path)
    with pytest.raises(StorageError) as caught:
        check(connection, path)
    assert caught.value.code == "database_corrupt"
    connection.close()


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    path = tmp_path / "db"
    for suffix in ("", "-wal"):
        Path(f"{path}{suffix}").touch(0o644)
    protect(path)
    assert [os.stat(found).st_mode & 0o777 for found in tmp_path.iterdir()] == [0o600, 0o600]


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_a_link_is_refused(tmp_path: Path, suffix: str) -> None:
    Path(f"{tmp_path / 'db'}{suffix}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError) as caught:
        protect(tmp_path / "db")
    assert caught.value.code == "storage_unsafe"
