"""Keeping revocations: the first one counts, for good."""

from typing import Literal, NamedTuple

import sqlalchemy as sa

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.transparency import REVOCATION
from agentmesh_registry.storage import log
from agentmesh_registry.storage.agents import Registration, keep
from agentmesh_registry.storage.certificates import Bearing, is_borne
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.log import Change
from agentmesh_registry.storage.tables import (
    agents,
    listings,
    one_time_prekeys,
    prekeys,
    revocations,
)

RevokeOutcome = Literal["revoked", "unchanged", "other", "unknown", "taken", "not_of_fleet"]


class Revocations:
    """The revocations of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, amid: Amid, signed: bytes, now: int, successor: Registration | None = None
    ) -> RevokeOutcome:
        """Keep a revocation of a registered agent, and enter it in the log.

        Nobody is handed its prekeys any more, and nobody finds it by what it offered. A successor
        is registered in the same transaction; one that is here already is nobody's successor.
        """
        taken = Taken(amid, signed, successor)
        return await self._database.write(lambda connection: _put(connection, taken, now))

    async def put_of_fleet(
        self, amid: Amid, signed: bytes, now: int, bearing: Bearing
    ) -> RevokeOutcome:
        """Keep a revocation by an organisation, if the agent is of its fleet at this moment."""
        taken = Taken(amid, signed, bearing=bearing)
        return await self._database.write(lambda connection: _put(connection, taken, now))


class Taken(NamedTuple):
    """Who is taken back, by which document, and who is registered in its place.

    `bearing`: what has to be so at that moment, where an organisation takes an agent back.
    """

    amid: Amid
    signed: bytes
    successor: Registration | None = None
    bearing: Bearing | None = None


def _put(connection: sa.Connection, taken: Taken, now: int) -> RevokeOutcome:
    amid, signed, successor, bearing = taken
    mine = agents.c.amid == amid
    agent = connection.execute(sa.select(agents.c.amid).where(mine))
    if agent.one_or_none() is None:
        return "unknown"
    query = sa.select(revocations.c.signed).where(revocations.c.amid == amid)
    kept = connection.execute(query).scalar_one_or_none()
    if kept is not None:
        return "unchanged" if kept == signed else "other"
    if bearing is not None and not is_borne(connection, amid, bearing, now):
        return "not_of_fleet"
    if successor is not None:
        there = sa.select(agents.c.amid).where(agents.c.amid == successor.amid)
        if connection.execute(there).one_or_none() is not None:
            return "taken"
        keep(connection, successor, now)
    for table in (one_time_prekeys, prekeys, listings):
        connection.execute(sa.delete(table).where(table.c.amid == amid))
    index = log.append(connection, Change(kind=REVOCATION, amid=amid, signed=signed), now)
    connection.execute(sa.insert(revocations).values(amid=amid, signed=signed, log_index=index))
    connection.execute(sa.update(agents).where(mine).values(revoked_at=now))
    return "revoked"
