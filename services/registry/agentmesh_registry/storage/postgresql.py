"""PostgreSQL: connections for what is short, and for what takes its time."""

from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from agentmesh_registry.storage.writer import Work

T = TypeVar("T")

_SECONDS = 5
_CONNECTIONS = 10
_IDLE_MS = 30_000
# Any number, the same in every registry process.
_WRITING = f"SELECT pg_advisory_xact_lock({0x41474D45})"


class Server:
    """PostgreSQL, which has its own ways to wait. Long work has a connection that waits for it."""

    def __init__(self, engine: AsyncEngine, patient: AsyncEngine, isolation: str) -> None:
        self._engine = engine
        self._patient = patient
        self._isolation = isolation

    async def run(self, work: Work[T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def run_small(self, work: Work[T]) -> T:
        return await self.run(work)

    async def run_long(self, work: Work[T]) -> T:
        async with self._patient.connect() as plain:
            connection = await plain.execution_options(isolation_level=self._isolation)
            async with connection.begin():
                return await connection.run_sync(work)

    async def close(self) -> None:
        await self._engine.dispose()
        await self._patient.dispose()


def ways(url: sa.URL) -> tuple[Server, Server]:
    """Return the way of the one writer, and that of those who read."""
    writer, reader = _engines(url, 1), _engines(url, _CONNECTIONS)
    for engine in writer:
        event.listen(engine.sync_engine, "begin", _take_turns)
    # Who waited for the lock has to see what was written meanwhile.
    return Server(*writer, "READ COMMITTED"), Server(*reader, "REPEATABLE READ")


def _take_turns(connection: sa.Connection) -> None:
    connection.exec_driver_sql(_WRITING)


def _engines(url: sa.URL, connections: int) -> tuple[AsyncEngine, AsyncEngine]:
    """Return an engine for what is short, and one for what takes its time."""
    # A process that stopped in the middle keeps nobody from writing for long; and what is asked
    # here is too short for PostgreSQL to compile.
    settings = {"idle_in_transaction_session_timeout": str(_IDLE_MS), "jit": "off"}
    patient: dict[str, Any] = {"timeout": _SECONDS, "server_settings": settings}
    bounds: dict[str, Any] = {"max_overflow": 0, "pool_timeout": _SECONDS, "pool_pre_ping": True}
    return (
        create_async_engine(
            url,
            pool_size=connections,
            connect_args={**patient, "command_timeout": _SECONDS},
            **bounds,
        ),
        create_async_engine(url, poolclass=sa.NullPool, connect_args=patient),
    )
