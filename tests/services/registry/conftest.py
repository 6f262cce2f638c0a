"""Each test of the registry runs on SQLite and on PostgreSQL."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from agentmesh_registry.storage.database import Database, opened

from tests.support import postgres
from tests.support.asking import Asker, registry_at
from tests.support.world import FakeClock

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    try:
        with postgres.cluster() as url:
            yield url
    except postgres.PostgresMissing as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/registry.db"
    make: Callable[[str, str], str] = postgres.make_database
    return make(request.getfixturevalue("postgres_url"), f"mesh{next(_numbers)}")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Return the address of an empty database, where the engine makes no difference."""
    return f"sqlite:///{tmp_path}/registry.db"


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
