"""Keeping revocations: the first one counts, for good."""

from typing import Literal

import sqlalchemy as sa

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.transparency import REVOCATION
from agentmesh_registry.storage import log
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.log import Change
from agentmesh_registry.storage.tables import (
    agents,
    capabilities,
    one_time_prekeys,
    prekeys,
    revocations,
)

RevokeOutcome = Literal["revoked", "unchanged", "other", "unknown"]


class Revocations:
    """The revocations of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, amid: Amid, signed: bytes, now: int) -> RevokeOutcome:
        """Keep a revocation of a registered agent, and enter it in the log.

        Nobody is handed its prekeys any more, and nobody finds it by what it offered.
        """
        return await self._database.write(lambda connection: _put(connection, amid, signed, now))


def _put(connection: sa.Connection, amid: Amid, signed: bytes, now: int) -> RevokeOutcome:
    mine = agents.c.amid == amid
    agent = connection.execute(sa.select(agents.c.amid).where(mine).with_for_update())
    if agent.one_or_none() is None:
        return "unknown"
    query = sa.select(revocations.c.signed).where(revocations.c.amid == amid)
    kept = connection.execute(query).scalar_one_or_none()
    if kept is not None:
        return "unchanged" if kept == signed else "other"
    for table in (one_time_prekeys, prekeys, capabilities):
        connection.execute(sa.delete(table).where(table.c.amid == amid))
    index = log.append(connection, Change(kind=REVOCATION, amid=amid, signed=signed), now)
    connection.execute(sa.insert(revocations).values(amid=amid, signed=signed, log_index=index))
    connection.execute(sa.update(agents).where(mine).values(revoked_at=now))
    return "revoked"
