"""Ratings and sessions as they come in, and the score that follows, each in one transaction.

Nothing is ever added up anew: a rating changes one voter's voice, and the voice the tally.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from agentmesh.protocol.feedback import Feedback, FeedbackTag
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import SESSION_RECEIPT_SECONDS
from agentmesh_registry.reputation.record import Record
from agentmesh_registry.reputation.votes import Voice
from agentmesh_registry.reputation.weights import DAY_MS, Rater, as_mutual, weight_of
from agentmesh_registry.storage.accounts import (
    PARTY,
    Account,
    Party,
    is_proven,
    read_record,
    voter_of,
)
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.tables import (
    agents,
    held_sessions,
    ratings,
    secrets,
    voiced_tags,
)

_RECEIPT_MS = SESSION_RECEIPT_SECONDS * 1000

Outcome = Literal["kept", "already_known", "agent_not_found"]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session that was proven. `completed` is nil as long as only its beginning is.

    Its key is made of its id and its parties: no two others can take the place of a session.
    """

    key: str
    parties: tuple[Amid, Amid]
    completed: bool | None


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """What one party of a session says of the other. `network` is a hash that names no address."""

    rater: Amid
    target: Amid
    session: Session
    feedback: Feedback
    network: bytes


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an agent's reputation. Tags count voters: owners, and agents without one."""

    tier: float
    registered_at: int
    record: Record
    tags: Mapping[FeedbackTag, tuple[int, int]]


class Reputation:
    """The ratings of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rate(self, rating: Rating, now: int) -> Outcome:
        """Keep a rating: one a session and rater."""
        return await self._database.write(lambda connection: _rate(connection, rating, now))

    async def held(self, session: Session, now: int) -> Outcome:
        """Count a session for both of its parties, once."""
        return await self._database.write(lambda connection: _held(connection, session, now))

    async def network_key(self) -> bytes:
        """Return the key under which networks are hashed, the same for all processes."""
        query = sa.select(secrets.c.value).where(secrets.c.name == "network")
        key: bytes = await self._database.read(
            lambda connection: connection.execute(query).scalar_one()
        )
        return key

    async def of(self, amid: Amid, now: int) -> Found | None:
        """Return what is known of a registered agent."""
        return await self._database.read(lambda connection: _find(connection, amid, now))


def _rate(connection: sa.Connection, rating: Rating, now: int) -> Outcome:
    rows = _parties(connection, (rating.rater, rating.target))
    if len(rows) < 2:
        return "agent_not_found"
    mine = (ratings.c.session == rating.session.key) & (ratings.c.rater == rating.rater)
    if connection.execute(sa.select(ratings.c.rater).where(mine)).one_or_none() is not None:
        return "already_known"
    rater = rows[rating.rater]
    returned = _returned(connection, rating, now)
    weight = weight_of(
        Rater(
            tier=rater.tier,
            registered_at=rater.registered_at,
            is_mutual=bool(returned),
            is_neighbour=_is_neighbour(connection, rating, now),
        ),
        now,
    )
    is_first = not _has_rated(connection, rating.rater, rating.target)
    _keep(connection, rating, weight, now, is_mutual=bool(returned))
    account = Account(connection, rows[rating.target], now)
    account.hear(rater, partial(Voice.rated, score=rating.feedback.score, weight=weight))
    account.raters += is_first
    account.close()
    _tag(connection, rater, rating)
    fresh = [row for row in returned if not row.is_mutual]
    if fresh:
        _lighten(connection, Account(connection, rater, now), rows[rating.target], fresh)
    _count(connection, rating.session, rows, now)
    return "kept"


def _held(connection: sa.Connection, session: Session, now: int) -> Outcome:
    rows = _parties(connection, session.parties)
    if len(rows) < 2:
        return "agent_not_found"
    return "kept" if _count(connection, session, rows, now) else "already_known"


def _count(
    connection: sa.Connection, session: Session, rows: Mapping[Amid, Party], now: int
) -> bool:
    """Count how a session ended, for both; return whether that was news."""
    if session.completed is None:
        return False
    known = sa.select(held_sessions.c.held_at).where(held_sessions.c.session == session.key)
    if connection.execute(known).one_or_none() is not None:
        return False
    connection.execute(sa.insert(held_sessions).values(session=session.key, held_at=now))
    old = held_sessions.c.held_at < now - 2 * _RECEIPT_MS
    connection.execute(sa.delete(held_sessions).where(old))
    completed = session.completed
    for one, other in (session.parties, session.parties[::-1]):
        account = Account(connection, rows[one], now)
        account.hear(rows[other], partial(Voice.met, completed=completed))
        account.sessions += 1
        account.completed += completed
        account.close()
    return True


def _parties(connection: sa.Connection, parties: tuple[Amid, Amid]) -> dict[Amid, Any]:
    query = sa.select(*PARTY).where(agents.c.amid.in_(parties))
    return {row.amid: row for row in connection.execute(query)}


def _returned(connection: sa.Connection, rating: Rating, now: int) -> list[sa.Row[Any]]:
    """Return what the target has said of the rater within a day."""
    query = sa.select(ratings).where(
        ratings.c.target == rating.rater,
        ratings.c.rater == rating.target,
        ratings.c.rated_at > now - DAY_MS,
    )
    return list(connection.execute(query))


def _is_neighbour(connection: sa.Connection, rating: Rating, now: int) -> bool:
    query = (
        sa.select(ratings.c.rater)
        .where(
            ratings.c.target == rating.target,
            ratings.c.network == rating.network,
            ratings.c.rated_at > now - DAY_MS,
            ratings.c.rater != rating.rater,
        )
        .limit(1)
    )
    return connection.execute(query).first() is not None


def _has_rated(connection: sa.Connection, rater: Amid, target: Amid) -> bool:
    pair = (ratings.c.target == target) & (ratings.c.rater == rater)
    return connection.execute(sa.select(ratings.c.rater).where(pair).limit(1)).first() is not None


def _keep(
    connection: sa.Connection, rating: Rating, weight: float, now: int, *, is_mutual: bool
) -> None:
    connection.execute(
        sa.insert(ratings).values(
            session=rating.session.key,
            rater=rating.rater,
            target=rating.target,
            score=rating.feedback.score,
            weight=weight,
            rated_at=now,
            is_mutual=is_mutual,
            network=rating.network,
        )
    )
    stale = (ratings.c.target == rating.target) & (ratings.c.rated_at <= now - DAY_MS)
    forget = sa.update(ratings).where(stale, ratings.c.network.is_not(None))
    connection.execute(forget.values(network=None))


def _tag(connection: sa.Connection, rater: Party, rating: Rating) -> None:
    said = {"target": rating.target, "voter": voter_of(rater)}
    known = sa.select(voiced_tags.c.tag).filter_by(**said)
    new = set(rating.feedback.tags) - set(connection.execute(known).scalars())
    if new:
        rows = [{**said, "tag": tag, "is_proven": is_proven(rater)} for tag in sorted(new)]
        connection.execute(sa.insert(voiced_tags), rows)


def _lighten(
    connection: sa.Connection, account: Account, target: Party, returned: list[sa.Row[Any]]
) -> None:
    """Take weight from what the target had said of the rater: now it is mutual."""
    for row in returned:
        weight = as_mutual(row.weight)
        mine = (ratings.c.session == row.session) & (ratings.c.rater == row.rater)
        connection.execute(sa.update(ratings).where(mine).values(weight=weight, is_mutual=True))
        account.hear(
            target, partial(Voice.lightened, score=row.score, was=row.weight, weight=weight)
        )
    account.close()


def _find(connection: sa.Connection, amid: Amid, now: int) -> Found | None:
    query = sa.select(*PARTY).where(agents.c.amid == amid, agents.c.expires_at > now)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    proven = sa.func.count().filter(voiced_tags.c.is_proven)
    counted = (
        sa.select(voiced_tags.c.tag, proven, sa.func.count())
        .where(voiced_tags.c.target == amid)
        .group_by(voiced_tags.c.tag)
    )
    tags = {tag: (owners, all_ - owners) for tag, owners, all_ in connection.execute(counted)}
    return Found(
        tier=row.tier,
        registered_at=row.registered_at,
        record=read_record(connection, amid),
        tags=tags,
    )
