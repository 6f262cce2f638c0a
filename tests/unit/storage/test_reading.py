import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agentmesh.storage.connection import Connection, connect
from agentmesh.storage.interface import Put
from agentmesh.storage.reading import Damage, read, set_aside
from agentmesh.storage.tables import KNOCKS, SESSIONS
from tests.support.stores import knock, session, sqlite_store, vault

BROKEN_TEXT = "UPDATE knocks SET name = CAST(x'ff' AS TEXT) WHERE knock_id = 'b'"
BROKEN_BOX = "UPDATE knocks SET note = x'00' WHERE knock_id = 'b'"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Connection]:
    async with sqlite_store(tmp_path) as store:
        await store.commit([Put(knock("a")), Put(knock("b")), Put(knock("c")), Put(session())])
    connection = connect(tmp_path / "agentmesh.db")
    yield connection
    connection.close()


@pytest.mark.parametrize("harm", [BROKEN_TEXT, BROKEN_BOX])
async def test_one_damaged_row_does_not_hide_the_others(database: Connection, harm: str) -> None:
    database.execute(harm).fetchall()
    found = read(database, vault(), KNOCKS, ("ORDER BY row DESC", ()))
    assert found.rows == [knock("c"), knock("a")]
    assert found.damage == [Damage(KNOCKS, 2)]


async def test_what_is_selected_is_what_is_read(database: Connection) -> None:
    found = read(database, vault(), KNOCKS, ("WHERE knock_id = ?", ("b",)))
    assert found == ([knock("b")], [])


@pytest.mark.parametrize("harm", [BROKEN_TEXT, BROKEN_BOX])
async def test_a_row_that_is_set_aside_is_kept_as_it_was(database: Connection, harm: str) -> None:
    database.execute(harm).fetchall()
    set_aside(database, [Damage(KNOCKS, 2)])
    assert read(database, vault(), KNOCKS, ("", ())) == ([knock("a"), knock("c")], [])
    assert read(database, vault(), SESSIONS, ("", ())).rows == [session()]
    ((table, content),) = database.execute("SELECT table_name, content FROM damaged").fetchall()
    columns = dict(zip(KNOCKS.columns, json.loads(content), strict=True))
    assert table == "knocks"
    assert bytes.fromhex(columns["knock_id"]) == b"b"
    assert columns["name" if harm == BROKEN_TEXT else "note"] in {"FF", "00"}
