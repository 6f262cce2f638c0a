"""Certificates in the database: who was given which, who bears it, and which were taken back.

What changes what others see of an agent is entered in the log, in the same transaction.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from agentmesh.errors import Refused
from agentmesh.protocol.certificates.contents import Contents
from agentmesh.protocol.certificates.form import Certificate
from agentmesh.protocol.certificates.revocation_list import Reason, RevokedOne
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAX_REVOKED
from agentmesh.protocol.tiers import ANONYMOUS, ORGANIZATION, PERSON
from agentmesh.protocol.transparency import CERTIFICATE, CERTIFICATE_REVOKED
from agentmesh_registry.storage import log
from agentmesh_registry.storage.accounts import refresh
from agentmesh_registry.storage.agents import AGENT, has_lapsed
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.log import Change
from agentmesh_registry.storage.tables import agents, authority, certificates, organizations

AUTHORITY = ""
"""What stands for the authority in the column `issuer`."""
_FLEET = "organization "
"""How an owner begins who is an organisation: its agents have one vote."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as it is kept."""

    serial: str
    issuer: str
    subject: str
    data: bytes
    expires_at: int
    revoked_at: int | None


class Bearing(NamedTuple):
    """That an agent bears a certificate of a domain, for which somebody acts; by serial numbers."""

    domain: str
    actor: Amid
    certificate: str
    organization: str


class CertificateStore:
    """The certificates of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, certificate: bytes) -> bool:
        """Make this authority the database's own; False: it has another one."""
        return await self._database.write(lambda connection: _claim(connection, certificate))

    async def revoked_by_authority(self, now: int) -> tuple[RevokedOne, ...]:
        """Return what the authority's list has to hold."""
        return await self._database.read(lambda connection: revoked_by_authority(connection, now))

    async def newest(self, amid: Amid, issuer: str, now: int) -> Kept | None:
        """Return the certificate of an agent by an issuer that holds longest from now."""
        return await self._database.read(lambda connection: _newest(connection, amid, issuer, now))

    async def chain(self, serial: str | None) -> tuple[bytes, ...]:
        """Return the chain that begins with this certificate; none without one."""
        if serial is None:
            return ()
        return await self._database.read(lambda connection: _chain(connection, serial))

    async def offer(self, certificate: Certificate, issuer: str, now: int) -> bool:
        """Keep a certificate for its agent to take; False: there is one of its number already."""
        try:
            await self._database.write(
                lambda connection: keep(connection, certificate, issuer, now)
            )
        except sa.exc.IntegrityError:
            return False
        return True

    async def take(self, amid: Amid, serial: str, now: int) -> None:
        """Make a certificate the one that its agent bears, and enter it in the log."""
        await self._database.write(lambda connection: _take(connection, amid, serial, now))

    async def revoke(self, subject: str, reason: Reason, now: int) -> int:
        """Take back all that the authority gave a domain or an agent; return how many."""
        return await self._database.write(
            lambda connection: _revoke_of(connection, subject, reason, now)
        )


def serial_text(contents: Contents) -> str:
    """Return a serial number as it is kept."""
    return f"{contents.serial:040x}"


def is_persons(owner: str | None) -> bool:
    """Whether an owner was proved who is no organisation."""
    return owner is not None and not owner.startswith(_FLEET)


def keep(connection: sa.Connection, certificate: Certificate, issuer: str, now: int) -> None:
    """Keep a certificate; nobody bears it yet."""
    said = certificate.contents
    row = {
        "serial": serial_text(said),
        "issuer": issuer,
        "subject": said.name,
        "data": certificate.data,
        "issued_at": now,
        "expires_at": said.not_after * 1000,
    }
    connection.execute(sa.insert(certificates).values(**row))


def revoke(connection: sa.Connection, serial: str, reason: Reason, now: int) -> None:
    """Take a certificate back: who bears it, and all below it, count as before."""
    mine = certificates.c.serial == serial
    row = connection.execute(sa.select(certificates).where(mine)).one()
    if row.revoked_at is not None:
        return
    if row.issuer == AUTHORITY and len(revoked_by_authority(connection, now)) >= MAX_REVOKED:
        raise Refused("revocation_list_full", f"The list of revoked ones has {MAX_REVOKED}.")
    connection.execute(sa.update(certificates).where(mine).values(revoked_at=now, reason=reason))
    _undress(connection, agents.c.certificate == serial, now)
    theirs = sa.update(organizations).where(organizations.c.serial == serial)
    if connection.execute(theirs.values(serial=None)).rowcount:
        _undress(connection, agents.c.organization == row.subject, now)
    change = Change(kind=CERTIFICATE_REVOKED, amid=row.subject, signed=row.data)
    log.append(connection, change, now)


def revoked_by_authority(connection: sa.Connection, now: int) -> tuple[RevokedOne, ...]:
    """Return what the authority has taken back and what would hold without that."""
    query = (
        sa.select(certificates.c.serial, certificates.c.revoked_at, certificates.c.reason)
        .where(
            certificates.c.issuer == AUTHORITY,
            certificates.c.revoked_at.is_not(None),
            certificates.c.expires_at > now,
        )
        .order_by(certificates.c.serial)
    )
    return tuple(
        RevokedOne(int(row.serial, 16), row.revoked_at // 1000, row.reason)
        for row in connection.execute(query)
    )


def is_borne(connection: sa.Connection, amid: Amid, bearing: Bearing, now: int) -> bool:
    """Whether an agent bears this certificate now, and who issued it speaks for its domain."""
    mine, above = certificates.alias(), certificates.alias()
    query = (
        sa.select(sa.literal(1))
        .select_from(agents)
        .join(mine, mine.c.serial == agents.c.certificate)
        .join(organizations, organizations.c.domain == mine.c.issuer)
        .join(above, above.c.serial == organizations.c.serial)
        .where(
            agents.c.amid == amid,
            mine.c.subject == amid,
            mine.c.serial == bearing.certificate,
            organizations.c.domain == bearing.domain,
            organizations.c.amid == bearing.actor,
            above.c.serial == bearing.organization,
            *(one.c.revoked_at.is_(None) & (one.c.expires_at > now) for one in (mine, above)),
        )
    )
    return connection.execute(query).one_or_none() is not None


def _claim(connection: sa.Connection, certificate: bytes) -> bool:
    kept = connection.execute(sa.select(authority.c.certificate)).scalar_one_or_none()
    if kept is None:
        connection.execute(sa.insert(authority).values(certificate=certificate))
    return kept in (None, certificate)


def _newest(connection: sa.Connection, amid: Amid, issuer: str, now: int) -> Kept | None:
    columns = [certificates.c[name] for name in Kept.__struct_fields__]
    query = (
        sa.select(*columns)
        .where(
            certificates.c.subject == amid,
            certificates.c.issuer == issuer,
            certificates.c.revoked_at.is_(None),
            certificates.c.expires_at > now,
        )
        .order_by(certificates.c.expires_at.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Kept(**row._asdict())


def _chain(connection: sa.Connection, serial: str) -> tuple[bytes, ...]:
    look = sa.select(certificates.c.data, certificates.c.issuer)
    row = connection.execute(look.where(certificates.c.serial == serial)).one()
    if row.issuer == AUTHORITY:
        return (row.data,)
    above = sa.select(certificates.c.data).join(
        organizations, organizations.c.serial == certificates.c.serial
    )
    found = connection.execute(above.where(organizations.c.domain == row.issuer)).one_or_none()
    return () if found is None else (row.data, found.data)


def _take(connection: sa.Connection, amid: Amid, serial: str, now: int) -> None:
    whose = agents.c.amid == amid
    agent = connection.execute(sa.select(agents).where(whose)).one()
    mine = certificates.c.serial == serial
    row = connection.execute(sa.select(certificates).where(mine)).one()
    if agent.certificate == serial or row.revoked_at is not None:
        return
    values: dict[str, object] = {"certificate": serial, "organization": row.issuer or None}
    values["tier"] = ORGANIZATION if row.issuer else PERSON
    if row.issuer and not is_persons(agent.owner):
        values["owner"] = _FLEET + row.issuer
    connection.execute(sa.update(agents).where(whose).values(**values))
    refresh(connection, amid, now)
    if row.log_index is None:
        index = log.append(connection, Change(kind=CERTIFICATE, amid=amid, signed=row.data), now)
        connection.execute(sa.update(certificates).where(mine).values(log_index=index))


def _undress(connection: sa.Connection, who: sa.ColumnElement[bool], now: int) -> None:
    """Let agents be again what they were without their certificate."""
    look = sa.select(agents.c.amid, agents.c.owner).where(who)
    for row in connection.execute(look).all():
        owner = row.owner if is_persons(row.owner) else None
        plain = {"certificate": None, "organization": None, "owner": owner}
        tier = ANONYMOUS if owner is None else PERSON
        change = sa.update(agents).where(agents.c.amid == row.amid)
        connection.execute(change.values(**plain, tier=tier))
        refresh(connection, row.amid, now)


def lapse(connection: sa.Connection, amids: Sequence[str], now: int) -> None:
    """Let those of these agents whose certificate ran out be what they are without one."""
    for row in connection.execute(AGENT.where(agents.c.amid.in_(amids), has_lapsed(now))).all():
        owner = row.owner if is_persons(row.owner) else None
        plain = {"certificate": None, "organization": None, "owner": owner, "tier": ANONYMOUS}
        connection.execute(sa.update(agents).where(agents.c.amid == row.amid).values(**plain))
        refresh(connection, row.amid, now)


def _revoke_of(connection: sa.Connection, subject: str, reason: Reason, now: int) -> int:
    held = (certificates.c.subject == subject) & (certificates.c.issuer == AUTHORITY)
    query = sa.select(certificates.c.serial).where(held, certificates.c.revoked_at.is_(None))
    serials = connection.execute(query.order_by(certificates.c.serial)).scalars().all()
    for serial in serials:
        revoke(connection, serial, reason, now)
    return len(serials)
