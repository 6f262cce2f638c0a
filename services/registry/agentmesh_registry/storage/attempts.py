"""Attempts of owners to prove that an agent is theirs, and what comes of them."""

import hmac
from typing import Literal

import msgspec
import sqlalchemy as sa

from agentmesh.protocol.ids import Amid
from agentmesh_registry.reputation.weights import NOBODY_VOUCHES
from agentmesh_registry.storage.accounts import refresh
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.tables import agents, attempts, secrets

LIFE_MS = 600_000
MAX_TRIES = 5
_MAX_OF_AN_AGENT = 5
_MAX_OF_A_MAILBOX = 3
VERIFIED = 1

Proved = Literal["proved", "attempt_unknown", "code_wrong", "owned_by_another"]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt. `owner` and `code` are there as soon as somebody is known to have signed in."""

    id: str
    amid: Amid
    provider: str
    state: bytes | None = None
    nonce: str = ""
    verifier: str = ""
    owner: str | None = None
    code: bytes | None = None
    tries: int = 0
    expires_at: int


class Attempts:
    """The attempts of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def owner_key(self) -> bytes:
        """Return the key with which owners are marked, the same for all processes."""
        query = sa.select(secrets.c.value).where(secrets.c.name == "owner")
        key: bytes = await self._database.read(
            lambda connection: connection.execute(query).scalar_one()
        )
        return key

    async def begin(self, attempt: Attempt, now: int) -> bool:
        """Keep an attempt, unless there are too many of this agent or for this mailbox."""
        return await self._database.write(lambda connection: _begin(connection, attempt, now))

    async def returned(self, provider: str, state: bytes, now: int) -> Attempt | None:
        """Return the attempt that a state belongs to: once."""
        return await self._database.write(
            lambda connection: _returned(connection, provider, state, now)
        )

    async def signed_in(self, attempt: Attempt, owner: str, code: bytes) -> None:
        """Keep who signed in, and the code that they were shown."""
        change = sa.update(attempts).where(attempts.c.id == attempt.id)
        values = change.values(owner=owner, code=code)
        await self._database.write(lambda connection: connection.execute(values).rowcount)

    async def prove(self, amid: Amid, attempt: str, code: bytes, now: int) -> Proved:
        """Make an agent its owner's, if the code is right."""
        return await self._database.write(
            lambda connection: _prove(connection, amid, attempt, code, now)
        )


def _begin(connection: sa.Connection, attempt: Attempt, now: int) -> bool:
    connection.execute(sa.delete(attempts).where(attempts.c.expires_at <= now))
    count = sa.select(sa.func.count()).select_from(attempts)
    mine = connection.execute(count.where(attempts.c.amid == attempt.amid)).scalar_one()
    if mine >= _MAX_OF_AN_AGENT:
        return False
    if attempt.owner is not None:
        letters = connection.execute(count.where(attempts.c.owner == attempt.owner)).scalar_one()
        if letters >= _MAX_OF_A_MAILBOX:
            return False
    connection.execute(sa.insert(attempts).values(**msgspec.structs.asdict(attempt)))
    return True


def _returned(connection: sa.Connection, provider: str, state: bytes, now: int) -> Attempt | None:
    mine = (attempts.c.state == state) & (attempts.c.expires_at > now)
    row = connection.execute(sa.select(attempts).where(mine)).one_or_none()
    if row is None:
        return None
    connection.execute(sa.update(attempts).where(attempts.c.id == row.id).values(state=None))
    return Attempt(**row._asdict()) if row.provider == provider else None


def _prove(connection: sa.Connection, amid: Amid, attempt: str, code: bytes, now: int) -> Proved:
    mine = (attempts.c.id == attempt) & (attempts.c.amid == amid) & (attempts.c.expires_at > now)
    row = connection.execute(sa.select(attempts).where(mine)).one_or_none()
    if row is None or row.tries >= MAX_TRIES:
        return "attempt_unknown"
    if row.code is None or not hmac.compare_digest(row.code, code):
        tried = sa.update(attempts).where(attempts.c.id == attempt)
        connection.execute(tried.values(tries=row.tries + 1))
        return "code_wrong"
    connection.execute(sa.delete(attempts).where(attempts.c.id == attempt))
    whose = agents.c.amid == amid
    look = sa.select(agents.c.owner, agents.c.tier).where(whose)
    agent = connection.execute(look).one()
    if agent.owner not in (None, row.owner):
        return "owned_by_another"
    tier = VERIFIED if agent.tier >= NOBODY_VOUCHES else agent.tier
    connection.execute(sa.update(agents).where(whose).values(owner=row.owner, tier=tier))
    refresh(connection, amid, now)
    return "proved"
