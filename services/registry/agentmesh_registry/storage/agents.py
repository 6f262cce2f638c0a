"""Who is registered: records, and what the registry itself knows about each agent."""

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from agentmesh.protocol.bounded import Status
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.transparency import RECORD
from agentmesh_registry.storage import log
from agentmesh_registry.storage.accounts import refresh
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.log import Change
from agentmesh_registry.storage.tables import agents, capabilities

PutOutcome = Literal["created", "updated", "unchanged", "stale", "revoked"]


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was checked, ready to be kept."""

    amid: Amid
    signing_key: bytes
    signed: bytes
    sequence: int
    expires_at: int
    words: frozenset[tuple[str, str]]


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as it is kept. Presence is what it last said, and until when that counts."""

    amid: Amid
    signing_key: bytes
    signed: bytes
    sequence: int
    expires_at: int
    tier: float
    reputation_score: float
    ratings_count: int
    status: Status
    last_seen: int | None
    present_until: int
    registered_at: int
    updated_at: int
    owner: str | None
    revoked_at: int | None
    log_index: int
    organization: str | None = None
    certificate: str | None = None

    def status_at(self, now: int) -> Status:
        """Return the presence that counts now."""
        return self.status if self.present_until > now else "offline"


class Agents:
    """The agents of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, new: Registration, now: int) -> PutOutcome:
        """Keep a record, and enter it in the log.

        A sequence that does not rise is stale, unless nothing changed at all.
        """
        try:
            return await self._database.write(lambda connection: keep(connection, new, now))
        except sa.exc.IntegrityError:
            # Another request registered the same AMID between our two looks: now it is there.
            return await self._database.write(lambda connection: keep(connection, new, now))

    async def get(self, amid: Amid, now: int) -> Agent | None:
        """Return an agent whose record has not expired; it may be revoked."""
        return await self._database.read(lambda connection: agent_at(connection, amid, now))

    async def signing_key(self, amid: Amid) -> tuple[bytes, int | None] | None:
        """Return the key that an agent registered with, even if its record has expired.

        And when it was revoked, if it was.
        """
        query = sa.select(agents.c.signing_key, agents.c.revoked_at).where(agents.c.amid == amid)
        row = await self._database.read(lambda connection: connection.execute(query).one_or_none())
        return None if row is None else (row.signing_key, row.revoked_at)

    async def set_status(self, amid: Amid, status: Status, now: int, until: int) -> None:
        """Keep an agent's presence, which counts until then."""
        change = (
            sa.update(agents)
            .where(agents.c.amid == amid)
            .values(status=status, last_seen=now, present_until=until)
        )
        await self._database.write(lambda connection: connection.execute(change).rowcount)

    async def count(self, now: int) -> tuple[int, int]:
        """Return how many agents there are, and how many of them are not offline."""
        present = (agents.c.present_until > now) & (agents.c.status != "offline")
        query = sa.select(sa.func.count(), sa.func.count().filter(present)).where(
            agents.c.expires_at > now, agents.c.revoked_at.is_(None)
        )
        row = await self._database.read(lambda connection: connection.execute(query).one())
        return row[0], row[1]


def agent_at(connection: sa.Connection, amid: Amid, now: int) -> Agent | None:
    """Return an agent whose record has not expired; it may be revoked."""
    query = sa.select(agents).where(agents.c.amid == amid, agents.c.expires_at > now)
    row = connection.execute(query).one_or_none()
    return None if row is None else agent_of(row)


def agent_of(row: sa.Row[Any]) -> Agent:
    """Return a row of `agents` as a value."""
    return Agent(**row._asdict())


def keep(connection: sa.Connection, new: Registration, now: int) -> PutOutcome:
    """Keep a record in this transaction, and enter it in the log."""
    mine = agents.c.amid == new.amid
    columns = (agents.c.sequence, agents.c.signed, agents.c.revoked_at)
    old = connection.execute(sa.select(*columns).where(mine).with_for_update()).one_or_none()
    if old is not None and old.revoked_at is not None:
        return "revoked"
    if old is not None and old.signed == new.signed:
        return "unchanged"
    if old is not None and old.sequence >= new.sequence:
        return "stale"
    fields = {
        "signed": new.signed,
        "sequence": new.sequence,
        "expires_at": new.expires_at,
        "updated_at": now,
    }
    if old is None:
        first = {"amid": new.amid, "signing_key": new.signing_key, "registered_at": now}
        connection.execute(sa.insert(agents).values(**first, **fields))
    else:
        connection.execute(sa.update(agents).where(mine).values(**fields))
        connection.execute(sa.delete(capabilities).where(capabilities.c.amid == new.amid))
        refresh(connection, new.amid, now)
    if new.words:
        rows = [{"amid": new.amid, "category": a, "subcategory": b} for a, b in sorted(new.words)]
        connection.execute(sa.insert(capabilities), rows)
    # Last, because from here on all other writers wait.
    index = log.append(connection, Change(kind=RECORD, amid=new.amid, signed=new.signed), now)
    connection.execute(sa.update(agents).where(mine).values(log_index=index))
    return "created" if old is None else "updated"
