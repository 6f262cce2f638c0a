"""Who is gone, by the word of a relay: it ends a presence, and does nothing else."""

from collections.abc import Mapping, Set

import sqlalchemy as sa

from agentmesh.protocol.ids import Amid
from agentmesh_registry.relays import relay_named
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.listings import silence
from agentmesh_registry.storage.tables import agents
from agentmesh_registry.storage.writer import Work


class AbsenceStore:
    """The presences of one database, as relays may end them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(
        self, lost: Mapping[Amid, int], origins: Set[str], now: int, first: Work[None]
    ) -> int:
        """Make those offline who were lost at these times; return how many; after `first`.

        Whoever is at another relay, or has said since how it is, stays as it is.
        """
        columns = (agents.c.amid, agents.c.signed, agents.c.last_seen)
        is_present = (agents.c.status != "offline") & (agents.c.present_until > now)
        present = sa.select(*columns).where(agents.c.amid.in_(list(lost)), is_present)

        def work(connection: sa.Connection) -> int:
            first(connection)
            gone = [
                row.amid
                for row in connection.execute(present)
                if row.last_seen < lost[row.amid] and relay_named(row.signed) in origins
            ]
            return silence(connection, agents.c.amid.in_(gone)) if gone else 0

        return await self._database.write(work)
