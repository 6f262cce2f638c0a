"""What is said of a database that does not serve: what is wrong, and nothing of what is in it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from agentmesh_registry.storage.database import opened
from agentmesh_registry.storage.trouble import why
from sqlalchemy import exc, make_url

from agentmesh.errors import StorageError


class PostgresError(Exception):
    """Like one of PostgreSQL's driver."""

    def __init__(self, state: str | None) -> None:
        super().__init__("Key (amid)=(5Hq) already exists")
        self.sqlstate = state


class SqliteError(Exception):
    """Like one of SQLite's driver."""

    def __init__(self, name: str) -> None:
        super().__init__("UNIQUE constraint failed: agents.amid")
        self.sqlite_errorname = name


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PostgresError("28P01"), "it does not let this user in, or not with this password"),
        (PostgresError("3D000"), "there is no database of that name"),
        (PostgresError("42501"), "its user may not do that"),
        (PostgresError("53300"), "it has no connection left"),
        (PostgresError("57P03"), "it starts, stops or took longer than it may"),
        (PostgresError("XX000"), "it refuses (XX000)"),
        (PostgresError(None), "it hung up"),
        (ConnectionRefusedError(), "it cannot be reached"),
        (TimeoutError(), "it takes too long"),
        (exc.TimeoutError(), "all connections to it are busy"),
        (SqliteError("SQLITE_BUSY"), "another program holds it"),
        (SqliteError("SQLITE_IOERR_WRITE"), "its disk fails"),
        (SqliteError("SQLITE_TOOBIG"), "it refuses (SQLITE_TOOBIG)"),
    ],
)
def test_an_operator_reads_why_and_never_the_name_of_a_class(error: Exception, words: str) -> None:
    assert why(error) == words


def _is_no_database(path: Path) -> None:
    path.write_bytes(b"not a database" * 100)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [(_is_no_database, "its file is no database"), (Path.mkdir, "its file cannot be opened")],
)
async def test_of_a_file_it_is_said_what_is_wrong_with_it(
    tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(tmp_path / "registry.db")
    with pytest.raises(StorageError) as caught:
        async with opened(f"{tmp_path}/registry.db"):
            pass
    assert caught.value.message == f"The database does not serve this registry: {words}."


async def test_a_server_says_what_does_not_fit(postgres_database: str) -> None:
    there = make_url(postgres_database)
    for url, words in (
        (there.set(database="nobodys"), "there is no database of that name"),
        (there.set(username="nobody"), "it does not let this user in, or not with this password"),
    ):
        with pytest.raises(StorageError) as caught:
            async with opened(url.render_as_string(hide_password=False)):
                pass
        assert caught.value.message == f"The database does not serve this registry: {words}."
