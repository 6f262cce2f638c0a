"""Which signed requests were seen.

They are kept in the database, so that a restart forgets none of them, and two processes on one
PostgreSQL know the same. The rates per AMID bound how many there are.
"""

import sqlalchemy as sa

from agentmesh.protocol.ids import Amid
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.tables import nonces

_SWEEP_MS = 60_000


class Nonces:
    """The memory against replays."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._swept_at = 0

    async def remember(self, amid: Amid, nonce: str, now: int, until: int) -> bool:
        """Remember a request until then; return False if it was seen before."""
        insert = sa.insert(nonces).values(amid=amid, nonce=nonce, expires_at=until)

        def note(connection: sa.Connection) -> None:
            connection.execute(insert)
            if now - self._swept_at >= _SWEEP_MS:
                self._swept_at = now
                connection.execute(sa.delete(nonces).where(nonces.c.expires_at < now))

        try:
            await self._database.write(note)
        except sa.exc.IntegrityError:
            return False
        return True
