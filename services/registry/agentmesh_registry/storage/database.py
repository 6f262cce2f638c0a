"""The way to the database: SQLite in a file, or PostgreSQL, by the same statements."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc

from agentmesh.errors import StorageError, UsageError
from agentmesh_registry.storage.schema import upgrade
from agentmesh_registry.storage.threads import SECONDS, Threads
from agentmesh_registry.storage.trouble import why
from agentmesh_registry.storage.writer import Way, Work, Writer

T = TypeVar("T")

_SQLITE_READERS = 4


class _Way(Way, Protocol):
    """How work gets to a database, in a transaction each."""

    async def run_long(self, work: Work[T]) -> T:
        """Do work that may take its time; all of it sees the same moment."""

    async def close(self) -> None:
        """Let go of all connections."""


class Database:
    """Transactions that read, and one writer, which keeps together what came together.

    SQLite has one writer anyhow. On PostgreSQL a lock makes it one among all processes: whoever
    writes to the log waits for all others who do, and a group that held a part of what another
    group needs could wait for that one for ever.
    """

    def __init__(self, writer: _Way, reader: _Way) -> None:
        self._way = writer
        self._reader = reader
        self._writer = Writer(writer, 2 * SECONDS)

    async def open(self) -> None:
        """Begin to write."""
        await self._writer.open()

    async def write(self, work: Work[T], *, is_small: bool = False) -> T:
        """Do the work in a transaction; it is kept once this returns, and dropped on an error."""
        with _failing_as_storage():
            return await self._writer.run(work, is_small=is_small)

    async def read(self, work: Work[T]) -> T:
        """Do work that changes nothing."""
        with _failing_as_storage():
            return await self._reader.run(work)

    async def glance(self, work: Work[T]) -> T:
        """Do work that changes nothing and reads a few rows by their keys."""
        with _failing_as_storage():
            return await self._reader.run_small(work)

    async def survey(self, work: Work[T]) -> T:
        """Do work that changes nothing and reads much: all of it sees the same moment."""
        with _failing_as_storage():
            return await self._reader.run_long(work)

    async def fill(self, work: Work[T]) -> T:
        """Do work that writes much, in one transaction, while nobody else is served."""
        with _failing_as_storage():
            return await self._way.run_long(work)

    async def ping(self) -> None:
        """Return if the database answers, else raise `StorageError`."""
        await self.read(lambda connection: connection.execute(sa.select(1)).scalar_one())

    async def close(self) -> None:
        """Let go of all connections."""
        await self._writer.close()
        await self._way.close()
        await self._reader.close()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """Enter the database at this URL, brought up to date."""
    database = _connect(url)
    await database.open()
    try:
        await database.fill(upgrade)
        yield database
    finally:
        await database.close()


def _connect(url: str) -> Database:
    if "://" not in url:
        url = f"sqlite:///{url}"
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError:
        raise _not_a_database() from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed.set(drivername="sqlite+pysqlite"))
    if backend in ("postgresql", "postgres"):
        return _postgres(parsed.set(drivername="postgresql+asyncpg"))
    raise _not_a_database()


def _sqlite(url: sa.URL) -> Database:
    if url.database in (None, "", ":memory:"):
        raise _not_a_database()
    try:
        Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            "database_unreachable",
            f"The directory of {url.database} cannot be made: {error.strerror}.",
            "Name another file: --database sqlite:////path/to/registry.db",
        ) from None
    settings: dict[str, Any] = {"max_overflow": 0, "pool_timeout": SECONDS}
    settings["connect_args"] = {"timeout": SECONDS, "check_same_thread": False}
    writer = sa.create_engine(url, pool_size=2, **settings)
    reader = sa.create_engine(url, pool_size=_SQLITE_READERS + 1, **settings)
    for engine, begin in ((writer, "BEGIN IMMEDIATE"), (reader, "BEGIN")):
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _beginning_with(begin))
    return Database(Threads(writer, 1), Threads(reader, _SQLITE_READERS))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; we say BEGIN
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _beginning_with(statement: str) -> Any:
    def begin(connection: sa.Connection) -> None:
        # By the driver itself: each piece of work begins with it. Its errors come as they are.
        driver: Any = connection.connection.driver_connection
        try:
            driver.execute(statement)
        except connection.dialect.loaded_dbapi.Error as error:
            raise _unreachable(error) from error

    return begin


def _postgres(url: sa.URL) -> Database:
    # A registry on SQLite starts without it.
    from agentmesh_registry.storage import postgresql  # noqa: PLC0415

    try:
        writer, reader = postgresql.ways(url)
    except ModuleNotFoundError:
        raise UsageError(
            "driver_missing",
            "PostgreSQL needs the package asyncpg.",
            "pip install 'agentmesh-openclaw[registry]'",
        ) from None
    return Database(writer, reader)


@contextmanager
def _failing_as_storage() -> Iterator[None]:
    try:
        yield
    except (exc.IntegrityError, StorageError):
        raise
    except (exc.DBAPIError, exc.TimeoutError, OSError, TimeoutError) as error:
        raise _unreachable(getattr(error, "orig", None) or error) from error


def _unreachable(cause: BaseException) -> StorageError:
    return StorageError(
        "database_unreachable",
        f"The database does not serve this registry: {why(cause)}.",
        "Look at what --database names: is it running, and do user, password and name fit?",
    )


def _not_a_database() -> UsageError:
    return UsageError(
        "invalid_database",
        "That is not the address of a database this registry knows.",
        "sqlite:////path/to/registry.db or postgresql://user:password@host/name",
    )
