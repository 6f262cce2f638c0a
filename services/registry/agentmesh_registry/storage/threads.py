"""The way to a SQLite file: threads, and the loop itself for what is small while the disk is quick.

To a thread and back takes as long as a small read, or as a quick disk needs for a commit.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from agentmesh.errors import StorageError
from agentmesh.observability.disk_pace import DiskPace, standstill
from agentmesh_registry.storage.writer import Work

T = TypeVar("T")

SECONDS = 5
"""How long a thread waits for whoever holds the file."""
QUICK_SECONDS = 0.004
"""Who else is served by the loop does not notice that it stood still for so long, as a rule."""
REMEMBERED = 8
"""How long the disk is waited for as a rule is told by about so many pieces of work."""


class Threads:
    """Each piece of work stays in one thread, and so does each connection.

    To go back and forth is what costs, and to borrow a connection takes as long as a small read.
    """

    def __init__(
        self, engine: sa.Engine, threads: int, waited: Callable[[], float] = standstill
    ) -> None:
        """`threads` of the engine's connections are theirs, one more is the loop's."""
        self._engine = engine
        self._executor = ThreadPoolExecutor(threads, "registry-database")
        self._disk = DiskPace(REMEMBERED, waited)  # is it quick? a thread's work shows it first
        self._own = threading.local()
        self._here: sa.Connection | None = None
        self._connections: list[sa.Connection] = []

    async def run(self, work: Work[T]) -> T:
        """Do the work in a thread."""
        return await self._within_bounds(self._transact, work)

    async def run_small(self, work: Work[T]) -> T:
        """Do work that is over at once; where somebody holds the file, a thread waits for it.

        What the loop had begun is dropped then, and done anew.
        """
        if self._disk.usual < QUICK_SECONDS:
            with suppress(StorageError, exc.OperationalError):
                return self._measured(self._connection_here(), work)
        return await self._within_bounds(self._transact_measured, work)

    async def run_long(self, work: Work[T]) -> T:
        """Do work that may take its time."""
        return await self._in_thread(self._transact, work)

    async def close(self) -> None:
        """Let go of all connections."""
        await asyncio.to_thread(self._executor.shutdown)
        for connection in self._connections:
            connection.close()
        self._engine.dispose()

    async def _within_bounds(self, do: Callable[[Work[T]], T], work: Work[T]) -> T:
        async with asyncio.timeout(2 * SECONDS):  # to wait for a thread, and then for a lock
            return await self._in_thread(do, work)

    async def _in_thread(self, do: Callable[[Work[T]], T], work: Work[T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, do, work)

    def _transact(self, work: Work[T]) -> T:
        connection = self._connection()
        with connection.begin():
            return work(connection)

    def _transact_measured(self, work: Work[T]) -> T:
        return self._measured(self._connection(), work)

    def _measured(self, connection: sa.Connection, work: Work[T]) -> T:
        with self._disk.measured(), connection.begin():
            return work(connection)

    def _connection(self) -> sa.Connection:
        """Return this thread's connection."""
        kept: sa.Connection | None = getattr(self._own, "connection", None)
        if kept is None:
            kept = self._own.connection = self._connected()
        return kept

    def _connection_here(self) -> sa.Connection:
        """Return the loop's connection, which waits for nobody."""
        if self._here is None:
            self._here = self._connected()
            driver: Any = self._here.connection.driver_connection
            driver.execute("PRAGMA busy_timeout = 0")
        return self._here

    def _connected(self) -> sa.Connection:
        connection = self._engine.connect()
        self._connections.append(connection)
        return connection
