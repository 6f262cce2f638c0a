"""Each test of the registry runs on SQLite and on PostgreSQL."""

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from agentmesh_registry.storage.database import Database, opened

from tests.support import postgres
from tests.support.asking import Asker, registry_at
from tests.support.fresh_database import fresh_sqlite, migrated
from tests.support.world import FakeClock

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    try:
        with postgres.cluster() as url:
            yield url
    except postgres.PostgresMissing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """Return the name of a database that is up to date."""
    migrated(postgres.make_database(postgres_url, "template"))
    return "template"


@pytest.fixture
def postgres_database(postgres_url: str, postgres_template: str) -> str:
    """Return the address of one on PostgreSQL that is up to date, with nobody in it."""
    return postgres.make_database(postgres_url, f"mesh{next(_numbers)}", postgres_template)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a database that is up to date, with nobody in it."""
    if request.param == "sqlite":
        return fresh_sqlite(tmp_path)
    made: str = request.getfixturevalue("postgres_database")
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a database in which there is nothing at all."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/registry.db"
    url: str = request.getfixturevalue("postgres_url")
    return postgres.make_database(url, f"empty{next(_numbers)}")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the address of such a database, where the engine makes no difference."""
    return fresh_sqlite(tmp_path)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with opened(database_url) as database:
        yield database


@pytest.fixture
async def registry(database_url: str, clock: FakeClock) -> AsyncIterator[Asker]:
    """A registry without rate limits."""
    async with registry_at(database_url, clock) as asker:
        yield asker


@pytest.fixture
async def light(sqlite_url: str, clock: FakeClock) -> AsyncIterator[Asker]:
    """A registry without rate limits, on SQLite alone."""
    async with registry_at(sqlite_url, clock) as asker:
        yield asker
