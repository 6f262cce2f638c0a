"""The way to the database: SQLite in a file, or PostgreSQL, by the same statements."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from agentmesh.errors import StorageError, UsageError
from agentmesh_registry.storage.schema import upgrade

_SECONDS = 5
_SQLITE_READERS = 4
_POSTGRES_CONNECTIONS = 10


class Database:
    """Transactions that read, and transactions that write.

    SQLite has one writer: its pool of one connection makes the writers queue up, instead of
    letting them poll a lock.
    """

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self._writer = writer
        self._reader = reader

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Enter a transaction that is kept when it is left, and dropped when an error leaves it."""
        with _failing_as_storage():
            async with self._writer.begin() as connection:
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Enter a transaction that changes nothing."""
        with _failing_as_storage():
            async with self._reader.connect() as connection:
                yield connection

    async def ping(self) -> None:
        """Return if the database answers, else raise `StorageError`."""
        async with self.reading() as connection:
            await connection.execute(sa.select(1))

    async def close(self) -> None:
        """Let go of all connections."""
        await self._writer.dispose()
        await self._reader.dispose()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """Enter the database at this URL, brought up to date."""
    database = _connect(url)
    try:
        async with database.writing() as connection:
            await connection.run_sync(upgrade)
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
        return _sqlite(parsed.set(drivername="sqlite+aiosqlite"))
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
    settings: dict[str, Any] = {"max_overflow": 0, "pool_timeout": _SECONDS}
    settings["connect_args"] = {"timeout": _SECONDS}
    writer = create_async_engine(url, pool_size=1, **settings)
    reader = create_async_engine(url, pool_size=_SQLITE_READERS, **settings)
    for engine, begin in ((writer, "BEGIN IMMEDIATE"), (reader, "BEGIN")):
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _beginning_with(begin))
    return Database(writer, reader)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; we say BEGIN
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _beginning_with(statement: str) -> Any:
    return lambda connection: connection.exec_driver_sql(statement)


def _postgres(url: sa.URL) -> Database:
    try:
        engine = create_async_engine(
            url,
            pool_size=_POSTGRES_CONNECTIONS,
            max_overflow=0,
            pool_timeout=_SECONDS,
            pool_pre_ping=True,
            connect_args={"timeout": _SECONDS, "command_timeout": _SECONDS},
        )
    except ModuleNotFoundError:
        raise UsageError(
            "driver_missing",
            "PostgreSQL needs the package asyncpg.",
            "pip install 'agentmesh-openclaw[registry]'",
        ) from None
    return Database(engine, engine)


@contextmanager
def _failing_as_storage() -> Iterator[None]:
    try:
        yield
    except (exc.IntegrityError, StorageError):
        raise
    except (exc.DBAPIError, exc.TimeoutError, OSError, TimeoutError) as error:
        cause = getattr(error, "orig", None) or error
        raise StorageError(
            "database_unreachable",
            f"The database does not answer ({type(cause).__name__}).",
            "Is it running, and do user, password and database name in --database fit?",
        ) from error


def _not_a_database() -> UsageError:
    return UsageError(
        "invalid_database",
        "That is not the address of a database this registry knows.",
        "sqlite:////path/to/registry.db or postgresql://user:password@host/name",
    )
