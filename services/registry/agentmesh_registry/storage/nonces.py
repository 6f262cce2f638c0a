"""Which signed requests were seen.

They are kept in the database, so that a restart forgets none of them, and two processes on one
PostgreSQL know the same. The rates per AMID bound how many there are.
"""

import msgspec
import sqlalchemy as sa

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.ids import Amid
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.tables import nonces
from agentmesh_registry.storage.writer import Work

_SWEEP_MS = 60_000
_INSERT = sa.insert(nonces)


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Whose request it was, and how long it has to be remembered."""

    amid: Amid
    nonce: str
    until: int


class Nonces:
    """The memory against replays."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._swept_at = 0

    async def remember(self, seen: Seen, now: int) -> None:
        """Remember a request, or raise `RemoteProtocolError` (`replayed`) if it came before."""
        await self._database.write(self.noting(seen, now))

    def noting(self, seen: Seen, now: int) -> Work[None]:
        """Return the same as work, for a transaction in which there is more to do."""
        row = {"amid": seen.amid, "nonce": seen.nonce, "expires_at": seen.until}

        def note(connection: sa.Connection) -> None:
            try:
                connection.execute(_INSERT, row)
            except sa.exc.IntegrityError:
                raise RemoteProtocolError(
                    "replayed", "This very request came before.", "Sign each request anew."
                ) from None
            if now - self._swept_at >= _SWEEP_MS:
                self._swept_at = now
                connection.execute(sa.delete(nonces).where(nonces.c.expires_at < now))

        return note
