"""Looking at a database without a key."""

import contextlib
import sqlite3
from pathlib import Path

from agentmesh.storage.connection import connect
from agentmesh.storage.database_check import check_database
from agentmesh.storage.schema import create, known_format


def test_a_whole_database_is_no_finding_and_a_damaged_one_is(tmp_path: Path) -> None:
    path = tmp_path / "agentmesh.db"
    assert check_database(path) == []
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE words (word TEXT)")
    assert check_database(path) == []
    for damaged in (b"", b"no database " * 1000):
        path.write_bytes(damaged)
        (finding,) = check_database(path)
        assert (finding.id, finding.severity) == ("database_corrupt", "error")
        assert f"mv '{path}'*" in finding.fix


def test_a_database_of_ours_is_known_and_one_of_tomorrow_is_not(tmp_path: Path) -> None:
    path = tmp_path / "agentmesh.db"
    create(path, connect)
    assert check_database(path) == []
    with contextlib.closing(sqlite3.connect(path)) as made, made:
        made.execute("INSERT INTO schema_version VALUES (?)", (known_format() + 1,))
    assert [it.id for it in check_database(path)] == ["database_newer"]
