"""The way to the database: SQLite in a file, or PostgreSQL, by the same statements."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import event, exc

from agentmesh.errors import StorageError, UsageError
from agentmesh_registry.storage.schema import upgrade
from agentmesh_registry.storage.writer import Work, Writer

T = TypeVar("T")

_SECONDS = 5
_SQLITE_READERS = 4


class _Way(Protocol):
    """How work gets to a database, in a transaction each."""

    async def run(self, work: Work[T]) -> T:
        """Do the work and return its result."""

    async def run_long(self, work: Work[T]) -> T:
        """Do work that may take its time; all of it sees the same moment."""

    async def close(self) -> None:
        """Let go of all connections."""


class _Threads:
    """A file: each piece of work stays in one thread, since going back and forth is what costs.

    So does each connection: to borrow one takes as long as a small read.
    """

    def __init__(self, engine: sa.Engine, threads: int) -> None:
        self._engine = engine
        self._executor = ThreadPoolExecutor(threads, "registry-database")
        self._own = threading.local()
        self._connections: list[sa.Connection] = []

    async def run(self, work: Work[T]) -> T:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(2 * _SECONDS):  # to wait for a thread, and then for a lock
            return await loop.run_in_executor(self._executor, self._transact, work)

    async def run_long(self, work: Work[T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._transact, work)

    def _transact(self, work: Work[T]) -> T:
        connection = self._connection()
        with connection.begin():
            return work(connection)

    def _connection(self) -> sa.Connection:
        kept: sa.Connection | None = getattr(self._own, "connection", None)
        if kept is None:
            kept = self._own.connection = self._engine.connect()
            self._connections.append(kept)
        return kept

    async def close(self) -> None:
        await asyncio.to_thread(self._executor.shutdown)
        for connection in self._connections:
            connection.close()
        self._engine.dispose()


class Database:
    """Transactions that read, and one writer, which keeps together what came together.

    SQLite has one writer anyhow. On PostgreSQL a lock makes it one among all processes: whoever
    writes to the log waits for all others who do, and a group that held a part of what another
    group needs could wait for that one for ever.
    """

    def __init__(self, writer: _Way, reader: _Way) -> None:
        self._way = writer
        self._reader = reader
        self._writer = Writer(writer.run, 2 * _SECONDS)

    async def open(self) -> None:
        """Begin to write."""
        await self._writer.open()

    async def write(self, work: Work[T]) -> T:
        """Do the work in a transaction; it is kept once this returns, and dropped on an error."""
        with _failing_as_storage():
            return await self._writer.run(work)

    async def read(self, work: Work[T]) -> T:
        """Do work that changes nothing."""
        with _failing_as_storage():
            return await self._reader.run(work)

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
    settings: dict[str, Any] = {"max_overflow": 0, "pool_timeout": _SECONDS}
    settings["connect_args"] = {"timeout": _SECONDS, "check_same_thread": False}
    writer = sa.create_engine(url, pool_size=1, **settings)
    reader = sa.create_engine(url, pool_size=_SQLITE_READERS, **settings)
    for engine, begin in ((writer, "BEGIN IMMEDIATE"), (reader, "BEGIN")):
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _beginning_with(begin))
    return Database(_Threads(writer, 1), _Threads(reader, _SQLITE_READERS))


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
        f"The database does not answer ({type(cause).__name__}).",
        "Is it running, and do user, password and database name in --database fit?",
    )


def _not_a_database() -> UsageError:
    return UsageError(
        "invalid_database",
        "That is not the address of a database this registry knows.",
        "sqlite:////path/to/registry.db or postgresql://user:password@host/name",
    )
