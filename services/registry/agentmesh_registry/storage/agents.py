"""Who is registered: records, and what the registry itself knows about each agent."""

from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from agentmesh.protocol.bounded import Status
from agentmesh.protocol.feedback import Flag
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.tiers import ANONYMOUS
from agentmesh.protocol.transparency import RECORD
from agentmesh_registry.reputation.record import Record
from agentmesh_registry.storage import listings, log
from agentmesh_registry.storage.accounts import refresh
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.log import Change
from agentmesh_registry.storage.tables import agents, certificates, organizations, standings
from agentmesh_registry.storage.writer import Work

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
    organization: str | None
    certificate: str | None
    certificate_until: int | None
    above_until: int | None
    """Until when its certificate holds, and the one of the organisation that speaks for it."""
    record: bytes | None
    """What is kept of its reputation, if there is anything."""

    def at(self, now: int) -> "Agent":
        """Return it as it counts now: who bore a certificate that ran out is vouched for no more.

        That is looked at whenever an agent is shown; tables follow later.
        """
        ends = [self.certificate_until] if self.certificate else []
        ends += [self.above_until] if self.organization else []
        if all(end is not None and end > now for end in ends):
            return self
        return msgspec.structs.replace(self, tier=ANONYMOUS, organization=None, certificate=None)

    def status_at(self, now: int) -> Status:
        """Return the presence that counts now."""
        return self.status if self.present_until > now else "offline"

    def flags_at(self, now: int) -> tuple[Flag, ...]:
        """Return what to beware of now."""
        if self.record is None:
            return ()
        return msgspec.msgpack.decode(self.record, type=Record).flags_at(now)


_borne, _above = certificates.alias("borne"), certificates.alias("above")
_speaks = (organizations.c.domain == agents.c.organization) & organizations.c.serial.is_not(None)
AGENT: sa.Select[Any] = sa.select(
    agents,
    standings.c.record,
    _borne.c.expires_at.label("certificate_until"),
    _above.c.expires_at.label("above_until"),
).select_from(
    agents.outerjoin(standings, standings.c.amid == agents.c.amid)
    .outerjoin(_borne, _borne.c.serial == agents.c.certificate)
    .outerjoin(organizations, _speaks)
    .outerjoin(_above, _above.c.serial == organizations.c.serial)
)
# To put a statement together takes longer than to carry it out.
_MINE = agents.c.amid == sa.bindparam("asked")
AT = AGENT.where(_MINE, agents.c.expires_at > sa.bindparam("now"))
_KEY = sa.select(agents.c.signing_key, agents.c.revoked_at).where(_MINE)


def has_lapsed(now: int) -> sa.ColumnElement[bool]:
    """Return what holds of a row of `AGENT` whose certificate ran out."""
    above = sa.func.coalesce(_above.c.expires_at, 0) <= now
    return (_borne.c.expires_at <= now) | (agents.c.organization.is_not(None) & above)


class Agents:
    """The agents of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, new: Registration, now: int, first: Work[None]) -> PutOutcome:
        """Keep a record, and enter it in the log.

        A sequence that does not rise is stale, unless nothing changed at all. `first` is done in
        the same transaction, and may refuse all of it.
        """

        def put(connection: sa.Connection) -> PutOutcome:
            first(connection)
            return keep(connection, new, now)

        return await self._database.write(put)

    async def get(self, amid: Amid, now: int) -> Agent | None:
        """Return an agent whose record has not expired; it may be revoked."""
        return await self._database.read(lambda connection: agent_at(connection, amid, now))

    async def signing_key(self, amid: Amid) -> tuple[bytes, int | None] | None:
        """Return the key that an agent registered with, even if its record has expired.

        And when it was revoked, if it was.
        """
        row = await self._database.glance(
            lambda connection: connection.execute(_KEY, {"asked": amid}).one_or_none()
        )
        return None if row is None else (row.signing_key, row.revoked_at)

    async def set_status(
        self, amid: Amid, status: Status, period: tuple[int, int], first: Work[None]
    ) -> None:
        """Keep an agent's presence, which counts from a moment until another; after `first`."""
        now, until = period
        change = (
            sa.update(agents)
            .where(agents.c.amid == amid)
            .values(status=status, last_seen=now, present_until=until)
        )

        def put(connection: sa.Connection) -> None:
            first(connection)
            connection.execute(change)
            listings.move(connection, amid)

        await self._database.write(put)


def agent_at(connection: sa.Connection, amid: Amid, now: int) -> Agent | None:
    """Return an agent whose record has not expired; it may be revoked."""
    row = connection.execute(AT, {"asked": amid, "now": now}).one_or_none()
    return None if row is None else agent_of(row).at(now)


def agent_of(row: sa.Row[Any]) -> Agent:
    """Return a row of `AGENT`, perhaps with more in it, as a value."""
    fields = {name: getattr(row, name) for name in Agent.__struct_fields__}
    return Agent(**fields)


def keep(connection: sa.Connection, new: Registration, now: int) -> PutOutcome:
    """Keep a record in this transaction, and enter it in the log."""
    mine = agents.c.amid == new.amid
    columns = (agents.c.sequence, agents.c.signed, agents.c.revoked_at)
    old = connection.execute(sa.select(*columns).where(mine)).one_or_none()
    if old is not None and old.revoked_at is not None:
        return "revoked"
    if old is not None and old.signed == new.signed:
        return "unchanged"
    if old is not None and old.sequence >= new.sequence:
        return "stale"
    index = log.append(connection, Change(kind=RECORD, amid=new.amid, signed=new.signed), now)
    fields = {
        "log_index": index,
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
        refresh(connection, new.amid, now)
    listings.enter(connection, new.amid, new.words)
    return "created" if old is None else "updated"
