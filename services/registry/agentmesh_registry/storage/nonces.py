"""Which signed requests were seen.

They are kept in the database, so that a restart forgets none of them, and two processes on one
PostgreSQL know the same. The rates per AMID bound how many there are.
"""

from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from agentmesh.errors import AgentMeshError, RemoteProtocolError
from agentmesh.protocol.ids import Amid
from agentmesh_registry.refusals import revoked, unknown_signer
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.tables import agents, nonces
from agentmesh_registry.storage.writer import Work

_SWEEP_MS = 60_000
_ROW = sa.select(*(sa.bindparam(it.name, type_=it.type).label(it.name) for it in nonces.c))
_STANDS = sa.exists().where(
    agents.c.amid == sa.bindparam("amid", type_=agents.c.amid.type), agents.c.revoked_at.is_(None)
)
_INSERT = sa.insert(nonces)
_INSERT_IF_IT_STANDS = _INSERT.from_select([it.name for it in nonces.c], _ROW.where(_STANDS))


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Whose request it was, and how long it has to be remembered.

    `must_stand`: it counts only from an agent that is registered and was not revoked.
    """

    amid: Amid
    nonce: str
    until: int
    must_stand: bool = False


class Nonces:
    """The memory against replays."""

    def __init__(self, database: Database, forget: Callable[[Amid], None] = lambda _: None) -> None:
        """`forget` is told who does not count any more, so that it is refused sooner."""
        self._database = database
        self._forget = forget
        self._swept_at = 0

    async def remember(self, seen: Seen, now: int) -> None:
        """Remember a request, or raise `RemoteProtocolError` (`replayed`) if it came before.

        And whatever whoever does not stand is told.
        """
        await self._database.write(self.noting(seen, now))

    def noting(self, seen: Seen, now: int) -> Work[None]:
        """Return the same as work, for a transaction in which there is more to do."""
        row = {"amid": seen.amid, "nonce": seen.nonce, "expires_at": seen.until}

        def note(connection: sa.Connection) -> None:
            try:
                if seen.must_stand:
                    kept = connection.execute(_INSERT_IF_IT_STANDS, row).rowcount
                else:
                    kept = connection.execute(_INSERT, row).rowcount
            except sa.exc.IntegrityError:
                raise RemoteProtocolError(
                    "replayed", "This very request came before.", "Sign each request anew."
                ) from None
            if not kept:
                self._forget(seen.amid)
                raise _not_standing(connection, seen.amid)
            if now - self._swept_at >= _SWEEP_MS:
                self._swept_at = now
                connection.execute(sa.delete(nonces).where(nonces.c.expires_at < now))

        return note


def _not_standing(connection: sa.Connection, amid: Amid) -> AgentMeshError:
    there = sa.select(agents.c.amid).where(agents.c.amid == amid)
    return unknown_signer() if connection.execute(there).one_or_none() is None else revoked(amid)
