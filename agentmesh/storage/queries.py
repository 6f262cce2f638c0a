"""Asking the file: what is small on the event loop, in microseconds, everything else in a thread.

Both have a connection of their own, and see every commit that was answered.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from agentmesh.storage import opening
from agentmesh.storage.connection import Connect, Connection, Values
from agentmesh.storage.failures import explain
from agentmesh.storage.reading import Found, read
from agentmesh.storage.sealing import Sealer
from agentmesh.storage.tables import R, Table

T = TypeVar("T")

_TIDY = "PRAGMA wal_checkpoint(PASSIVE)"
FEW, FEW_BYTES = 100, 64 * 1024
"""What is no more than this is small."""
# In no order, and no further than it takes to know that it is not small.
MEASURED = f"SELECT count(*), total(size) FROM (SELECT size FROM ({{}}) LIMIT {FEW + 1})"  # noqa: S608 - a number of ours


class Queries:
    """Rows and figures of one file."""

    def __init__(
        self,
        path: Path,
        sealer: Sealer,
        connections: tuple[Connection, Connection],
        thread: ThreadPoolExecutor,
    ) -> None:
        self._path = path
        self._sealer = sealer
        self._here, self._there = connections
        self._thread = thread

    def figures(self, sql: str, values: Values = ()) -> list[Any]:
        """Return what a statement answers that reads little."""
        return self._ask(self._here, sql, values)

    async def long_figures(self, sql: str, values: Values = ()) -> list[Any]:
        """Return what a statement answers that may read much."""
        return await self._off_loop(lambda: self._ask(self._there, sql, values))

    def rows(self, table: Table[R], tail: str, values: Sequence[object]) -> Found[R]:
        """Return rows of which there are a few at most."""
        return self._read(self._here, table, tail, values)

    async def long_rows(self, table: Table[R], tail: str, values: Sequence[object]) -> Found[R]:
        """Return rows, however many."""
        return await self._off_loop(lambda: self._read(self._there, table, tail, values))

    async def likely_few_rows(
        self, table: Table[R], which: str, order: str, values: Sequence[object]
    ) -> Found[R]:
        """Return rows of which an index tells quickly that they are few, and small, as a rule."""
        count, size = self.figures(MEASURED.format(table.sizes + which), values)[0]
        tail = which + order
        if not count:
            return Found([], [])
        if count > FEW or size > FEW_BYTES:
            return await self.long_rows(table, tail, values)
        return self.rows(table, tail, values)

    def tidy(self) -> None:
        """Empty the write-ahead log beside whoever writes; what cannot be now is left for later."""
        self._thread.submit(self._ask, self._there, _TIDY, ())

    async def _off_loop(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _read(
        self, connection: Connection, table: Table[R], tail: str, values: Sequence[object]
    ) -> Found[R]:
        try:
            return read(connection, self._sealer, table, (tail, values))
        except sqlite3.Error as error:
            raise explain(error, self._path) from error

    def _ask(self, connection: Connection, sql: str, values: Values) -> list[Any]:
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise explain(error, self._path) from error


@contextmanager
def querying(path: Path, sealer: Sealer, connect: Connect) -> Iterator[Queries]:
    """Enter queries to an opened file."""
    with (
        closing(opening.another(path, connect)) as here,
        closing(opening.another(path, connect)) as there,
        ThreadPoolExecutor(1, "store-reader") as thread,
    ):
        yield Queries(path, sealer, (here, there), thread)
