"""The log of one database, as the rest of the registry works with it."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from agentmesh.errors import UsageError
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.transparency import RECORD, LogHead, LogProof
from agentmesh_registry.log_key import HeadSigner
from agentmesh_registry.storage import log
from agentmesh_registry.storage.agents import AT, Agent, agent_of
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.log import Change, Tree
from agentmesh_registry.storage.log_nodes import LogNodes
from agentmesh_registry.storage.tables import agents, log_key, revocations

_AT_ONCE = 500
# To put a statement together takes longer than to carry it out.
_AGENT = log.with_entry(AT, agents.c.log_index)
_REVOCATION = log.with_entry(
    sa.select(revocations).where(revocations.c.amid == sa.bindparam("asked")),
    revocations.c.log_index,
)


class Standing(msgspec.Struct, frozen=True):
    """A revocation as it is kept, and what proves it."""

    signed: bytes
    proof: LogProof


class Ledger:
    """Heads, proofs and pages."""

    def __init__(self, database: Database, signer: HeadSigner) -> None:
        self._database = database
        self._signer = signer
        self._nodes = LogNodes()

    async def begin(self, now: int) -> None:
        """Make ready: the key is the log's own, and every agent of before the log is in it."""
        await self._database.write(lambda connection: _claim(connection, self._signer.public_key))
        while await self._database.write(lambda connection: _catch_up(connection, now)):
            pass

    async def agent(self, amid: Amid, now: int, known: int) -> tuple[Agent, LogProof] | None:
        """Return an agent, and what proves its record to who knows the first `known` entries."""

        def look(connection: sa.Connection) -> tuple[Agent, log.Proved] | None:
            row = connection.execute(_AGENT, {"asked": amid, "now": now}).one_or_none()
            if row is None:
                return None
            return agent_of(row).at(now), log.proof_of(connection, self._nodes, row, known)

        found = await self._database.glance(look)
        return None if found is None else (found[0], self._proof(found[0].log_index, found[1]))

    async def head(self, known: int) -> LogHead:
        """Return how the log stands."""
        now, steps = await self._database.read(
            lambda connection: log.since(connection, self._nodes, known)
        )
        return LogHead(
            head=self._signer.head(*now), peaks=now.entries.peaks, consistency=tuple(steps)
        )

    async def inclusion(self, index: int, size: int) -> tuple[bytes, list[bytes]] | None:
        """Return an entry, and what proves it in the tree of `size` entries."""
        return await self._database.read(
            lambda connection: log.inclusion(connection, self._nodes, index, size)
        )

    async def consistency(self, old: int, new: int) -> list[bytes] | None:
        """Return what proves that one tree is the beginning of another."""
        return await self._database.read(
            lambda connection: log.consistency(connection, self._nodes, old, new)
        )

    async def page(self, tree: Tree, start: int, limit: int) -> Sequence[bytes]:
        """Return entries by their number in a tree."""
        return await self._database.read(
            lambda connection: log.page(connection, tree, start, limit)
        )

    async def revocation(self, amid: str, known: int) -> Standing | None:
        """Return an agent's revocation, if there is one."""

        def look(connection: sa.Connection) -> Standing | None:
            row = connection.execute(_REVOCATION, {"asked": amid}).one_or_none()
            if row is None:
                return None
            proved = log.proof_of(connection, self._nodes, row, known)
            return Standing(row.signed, self._proof(row.log_index, proved))

        return await self._database.read(look)

    async def revoked(self, amids: Sequence[str]) -> dict[str, bytes]:
        """Return the revocations of those of these agents that are revoked."""
        query = sa.select(revocations.c.amid, revocations.c.signed).where(
            revocations.c.amid.in_(amids)
        )
        rows = await self._database.read(lambda connection: connection.execute(query).all())
        return {row.amid: row.signed for row in rows}

    def _proof(self, index: int, proved: log.Proved) -> LogProof:
        head: Signed = self._signer.head(*proved.trees)
        return LogProof(
            head=head,
            index=index,
            entry=proved.entry,
            path=tuple(proved.path),
            consistency=tuple(proved.consistency),
        )


def _claim(connection: sa.Connection, public_key: bytes) -> None:
    kept = connection.execute(sa.select(log_key.c.public_key)).scalar_one_or_none()
    if kept is None:
        connection.execute(sa.insert(log_key).values(public_key=public_key))
    elif kept != public_key:
        raise UsageError(
            "log_key_differs",
            "The log in this database was signed with another key.",
            "Name the file it was made with: --log-key /path/to/log.key. Agents who know this log "
            "refuse any other key.",
        )


def _catch_up(connection: sa.Connection, now: int) -> int:
    """Enter some agents that registered before there was a log; return how many."""
    query = sa.select(agents.c.amid, agents.c.signed).where(agents.c.log_index.is_(None))
    rows = connection.execute(query.order_by(agents.c.amid).limit(_AT_ONCE)).all()
    for row in rows:
        change = Change(kind=RECORD, amid=row.amid, signed=row.signed)
        index = log.append(connection, change, now)
        mine = agents.c.amid == row.amid
        connection.execute(sa.update(agents).where(mine).values(log_index=index))
    return len(rows)
