"""Under which words agents are found, and where each stands.

An agent has a row for each category it offers, one for each `category/subcategory`, and one for the
empty word: everybody. Under a word it is in a cohort, which is its tier and presence in one number,
and has a place: lower is better. A search reads the beginnings of the cohorts it wants, and nothing
else, however many agents there are.
"""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import get_args

import sqlalchemy as sa

from agentmesh.protocol import tiers
from agentmesh.protocol.bounded import Status
from agentmesh.protocol.feedback import MIN_RATERS
from agentmesh.protocol.ids import Amid
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.tables import agents, listings

EVERYBODY = ""
WORST_RATED = -1.0
"""Places of rated agents are from -2 to here; those of all others are behind it."""

_PRESENCES: tuple[Status, ...] = get_args(Status)
_OFFLINE = _PRESENCES.index("offline")
_SIZE = len(_PRESENCES)
_PRESENT = [
    number
    for number in range(_SIZE * len(tiers.at_least(tiers.ANONYMOUS)))
    if number % _SIZE != _OFFLINE
]
_AT_ONCE = 200
_COUNT_MS = 10_000


def cohort_of(tier: float, status: Status) -> int:
    """Return the number of a cohort."""
    return tiers.rank(tier) * _SIZE + _PRESENCES.index(status)


def cohorts(tier_min: float | None, status: Status | None) -> list[int]:
    """Return the cohorts of those who have this tier or a better one, and this presence."""
    fitting = tiers.at_least(tiers.ANONYMOUS if tier_min is None else tier_min)
    presences = _PRESENCES if status is None else (status,)
    return sorted(cohort_of(tier, presence) for tier in fitting for presence in presences)


def place_of(score: float, ratings_count: int) -> float:
    """Return where an agent stands: who is rated comes first, the better ones before."""
    return -(score + (ratings_count >= MIN_RATERS))


def enter(connection: sa.Connection, amid: Amid, paths: Iterable[tuple[str, str]]) -> None:
    """List an agent for its categories and subcategories, and under no other word."""
    words = {EVERYBODY}
    for category, subcategory in paths:
        words |= {category, f"{category}/{subcategory}" if subcategory else category}
    mine = listings.c.amid == amid
    listed = set(connection.execute(sa.select(listings.c.word).where(mine)).scalars())
    if listed - words:
        connection.execute(sa.delete(listings).where(mine, listings.c.word.in_(listed - words)))
    if words - listed:
        cohort, place = _stand(connection, amid)
        rows = [
            {"amid": amid, "word": word, "cohort": cohort, "place": place}
            for word in sorted(words - listed)
        ]
        connection.execute(sa.insert(listings), rows)


def move(connection: sa.Connection, amid: Amid) -> None:
    """Put an agent where it belongs, after its tier, its presence or its score changed."""
    cohort, place = _stand(connection, amid)
    is_elsewhere = (listings.c.cohort != cohort) | (listings.c.place != place)
    change = sa.update(listings).where(listings.c.amid == amid, is_elsewhere)
    connection.execute(change.values(cohort=cohort, place=place))


def silence(connection: sa.Connection, who: sa.ColumnElement[bool]) -> int:
    """Make those agents offline for whom this holds; return how many they are."""
    change = sa.update(agents).where(who).values(status="offline").returning(agents.c.amid)
    gone = connection.execute(change).scalars().all()
    offline = listings.c.cohort - listings.c.cohort % _SIZE + _OFFLINE
    connection.execute(sa.update(listings).where(listings.c.amid.in_(gone)).values(cohort=offline))
    return len(gone)


def _stand(connection: sa.Connection, amid: Amid) -> tuple[int, float]:
    columns = (agents.c.tier, agents.c.status, agents.c.reputation_score, agents.c.ratings_count)
    row = connection.execute(sa.select(*columns).where(agents.c.amid == amid)).one()
    return cohort_of(row.tier, row.status), place_of(row.reputation_score, row.ratings_count)


class Listings:
    """The listings of one database, as time changes them: presence fades, and records expire."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._swept_until = 0
        self._counting = asyncio.Lock()
        self._counted = (-_COUNT_MS, (0, 0))

    async def count(self, now: int) -> tuple[int, int]:
        """Return how many agents are listed, and how many of them are not offline.

        All of them are looked at for that: so it is done once in a while, and by one.
        """
        async with self._counting:
            if now - self._counted[0] >= _COUNT_MS:
                self._counted = (now, await self._count())
            return self._counted[1]

    async def _count(self) -> tuple[int, int]:
        query = (
            sa.select(listings.c.cohort, sa.func.count())
            .where(listings.c.word == EVERYBODY)
            .group_by(listings.c.cohort)
        )
        rows = await self._database.survey(lambda connection: connection.execute(query).all())
        return sum(many for _, many in rows), sum(many for it, many in rows if it in _PRESENT)

    async def sweep(self, now: int) -> None:
        """Make those offline whose word is over, and take out those whose record has expired."""
        since = self._swept_until
        here = (
            sa.select(agents.c.amid)
            .join(listings, listings.c.amid == agents.c.amid)
            .where(listings.c.word == EVERYBODY)
        )
        faded = here.where(listings.c.cohort.in_(_PRESENT), agents.c.present_until <= now)
        expired = here.where(agents.c.expires_at > since, agents.c.expires_at <= now)
        found = await self._database.survey(lambda connection: _amids(connection, faded))
        for some in _by(_AT_ONCE, found):
            await self._database.write(partial(_fade, amids=some, now=now))
        found = await self._database.survey(lambda connection: _amids(connection, expired))
        for some in _by(_AT_ONCE, found):
            await self._database.write(partial(_expire, amids=some, now=now))
        self._swept_until = now


def _amids(connection: sa.Connection, query: sa.Select[tuple[str]]) -> list[str]:
    return [row.amid for row in connection.execute(query)]


def _by(size: int, all_: list[str]) -> list[list[str]]:
    return [all_[start : start + size] for start in range(0, len(all_), size)]


def _fade(connection: sa.Connection, amids: list[str], now: int) -> None:
    # Who spoke up since they were found is present.
    silence(connection, agents.c.amid.in_(amids) & (agents.c.present_until <= now))


def _expire(connection: sa.Connection, amids: list[str], now: int) -> None:
    query = sa.select(agents.c.amid).where(agents.c.amid.in_(amids), agents.c.expires_at <= now)
    gone = listings.c.amid.in_(_amids(connection, query))
    connection.execute(sa.delete(listings).where(gone))
