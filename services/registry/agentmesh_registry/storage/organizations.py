"""Organisations in the database: who claims a domain, who proved it, what it has taken back."""

from typing import Literal

import msgspec
import sqlalchemy as sa

from agentmesh.protocol.certificates.form import Certificate
from agentmesh.protocol.certificates.revocation_list import RevocationList
from agentmesh.protocol.ids import Amid
from agentmesh_registry.storage.certificates import (
    AUTHORITY,
    keep,
    revoke,
    serial_text,
)
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.tables import agents, certificates, organizations

TOKEN_LIFE_MS = 24 * 3600 * 1000
MAX_CLAIMS = 20
"""So many domains one agent may claim."""

ListOutcome = Literal["kept", "unchanged", "older"]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """That an agent speaks for a domain, by a key of the organisation's own."""

    domain: str
    amid: Amid
    name: str
    key: bytes


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """A claim as it is kept. `certificate` is there once it was proved."""

    domain: str
    amid: Amid
    name: str
    key: bytes
    token: str
    token_until: int
    serial: str | None
    list: bytes | None
    list_number: int
    certificate: bytes | None


class Organizations:
    """The organisations of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, claim: Claim, token: str, now: int) -> Organization | None:
        """Keep a claim, and return it with the token that proves it; None: too many claims.

        The same claim again, while its token counts, keeps its token.
        """
        return await self._database.write(
            lambda connection: _claim_domain(connection, claim, token, now)
        )

    async def of(self, domain: str, amid: Amid) -> Organization | None:
        """Return what an agent claims about a domain."""
        mine = (organizations.c.domain == domain) & (organizations.c.amid == amid)
        return await self._database.read(lambda connection: _one(connection, mine))

    async def proved(self, domain: str) -> Organization | None:
        """Return the organisation that speaks for a domain."""
        theirs = (organizations.c.domain == domain) & organizations.c.serial.is_not(None)
        return await self._database.read(lambda connection: _one(connection, theirs))

    async def prove(self, claim: Organization, certificate: Certificate, now: int) -> None:
        """Keep the certificate of who proved a domain; whoever had it before has it no more."""
        await self._database.write(lambda connection: _prove(connection, claim, certificate, now))

    async def publish(
        self, claim: Organization, said: RevocationList, signed: bytes, now: int
    ) -> ListOutcome:
        """Keep an organisation's list, and take back what is new on it."""
        return await self._database.write(
            lambda connection: _publish(connection, claim, said, signed, now)
        )


def _one(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Organization | None:
    query = (
        sa.select(organizations, certificates.c.data.label("certificate"))
        .outerjoin(certificates, certificates.c.serial == organizations.c.serial)
        .where(which)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Organization(**row._asdict())


def _mine(claim: Claim | Organization) -> sa.ColumnElement[bool]:
    return (organizations.c.domain == claim.domain) & (organizations.c.amid == claim.amid)


def _claim_domain(
    connection: sa.Connection, claim: Claim, token: str, now: int
) -> Organization | None:
    # Whoever claims holds the agent's row: two at once do not slip past the bound.
    holder = sa.select(agents.c.amid).where(agents.c.amid == claim.amid)
    connection.execute(holder)
    kept = _one(connection, _mine(claim))
    values: dict[str, object] = {"name": claim.name, "key": claim.key}
    if kept is None:
        count = sa.select(sa.func.count()).select_from(organizations)
        theirs = count.where(organizations.c.amid == claim.amid)
        if connection.execute(theirs).scalar_one() >= MAX_CLAIMS:
            return None
        new = {"domain": claim.domain, "amid": claim.amid, "list_number": 0}
        token_of = {"token": token, "token_until": now + TOKEN_LIFE_MS}
        connection.execute(sa.insert(organizations).values(**new, **values, **token_of))
    else:
        if kept.token_until <= now or kept.key != claim.key:
            values |= {"token": token, "token_until": now + TOKEN_LIFE_MS}
        if kept.key != claim.key:
            # What was proved was proved for the other key.
            _give_up(connection, kept, now)
            values |= {"list": None, "list_number": 0}
        connection.execute(sa.update(organizations).where(_mine(claim)).values(**values))
    return _one(connection, _mine(claim))


def _prove(
    connection: sa.Connection, claim: Organization, certificate: Certificate, now: int
) -> None:
    query = sa.select(organizations).where(organizations.c.domain == claim.domain)
    for row in connection.execute(query).all():
        if row.amid != claim.amid and row.serial is not None:
            revoke(connection, row.serial, "superseded", now)
    keep(connection, certificate, AUTHORITY, now)
    serial = serial_text(certificate.contents)
    # The token has done its work: who wants another certificate shows the record anew.
    values = {"serial": serial, "token_until": now}
    connection.execute(sa.update(organizations).where(_mine(claim)).values(**values))


def _publish(
    connection: sa.Connection,
    claim: Organization,
    said: RevocationList,
    signed: bytes,
    now: int,
) -> ListOutcome:
    look = sa.select(organizations).where(_mine(claim))
    row = connection.execute(look).one()
    if row.list == signed:
        return "unchanged"
    if row.list_number >= said.number:
        return "older"
    values = {"list": signed, "list_number": said.number}
    connection.execute(sa.update(organizations).where(_mine(claim)).values(**values))
    reasons = {f"{one.serial:040x}": one.reason for one in said.revoked}
    held = (certificates.c.issuer == claim.domain) & certificates.c.revoked_at.is_(None)
    query = sa.select(certificates.c.serial).where(held).order_by(certificates.c.serial)
    for serial in connection.execute(query).scalars().all():
        if serial in reasons:
            revoke(connection, serial, reasons[serial], now)
    return "kept"


def _give_up(connection: sa.Connection, claim: Organization, now: int) -> None:
    if claim.serial is not None:
        revoke(connection, claim.serial, "superseded", now)
