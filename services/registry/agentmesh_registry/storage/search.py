"""Finding agents by what they offer: page by page, each as quick as the first."""

import base64
import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol import tiers
from agentmesh.protocol.bounded import Status
from agentmesh.protocol.limits import SEARCH_TOTAL
from agentmesh_registry.reputation.score import UNRATED
from agentmesh_registry.storage.agents import AGENT, Agent, agent_of
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.listings import EVERYBODY, WORST_RATED, cohorts, place_of
from agentmesh_registry.storage.tables import agents, listings

_BEST, _LAST = -2.0, 0.0


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for; what is not named does not matter. `word` is a capability."""

    word: str = EVERYBODY
    tier_min: float | None = None
    reputation_min: float | None = None
    status: Status | None = None
    is_rated: bool = False


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended, and the next one begins."""

    place: float
    amid: str

    def text(self) -> str:
        """Return it as whoever searches gets it, and gives it back."""
        return base64.urlsafe_b64encode(msgspec.msgpack.encode(self)).rstrip(b"=").decode()


BEGINNING = Place(_BEST, "")


class Page(msgspec.Struct, frozen=True):
    """Some agents, how many there are in all (`SEARCH_TOTAL` or more), and where to go on."""

    agents: Sequence[Agent]
    total: int
    end: Place | None


def place_in(text: str) -> Place:
    """Return the place that a text names, or blame who sent it. It decides nothing but where."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        data = base64.b64decode(padded, altchars=b"-_", validate=True)
        place = msgspec.msgpack.decode(data, type=Place)
        if _BEST <= place.place <= _LAST and place.amid.isalnum() and place.amid.isascii():
            return place
    except (ValueError, msgspec.MsgspecError):
        pass
    raise RemoteProtocolError(
        "invalid_request", "`after` is no place in a search.", "It is the `next` of a page."
    )


class Search:
    """The search of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, wanted: Wanted, now: int, limit: int, after: Place = BEGINNING) -> Page:
        """Return some agents, rated ones first.

        A page may be shorter than its limit: listings know a little later than we that a presence,
        a certificate or a record is over.
        """
        asked = asked_for(wanted, limit + 1, after)

        def look(connection: sa.Connection) -> tuple[Sequence[sa.Row[Any]], int]:
            found = connection.execute(asked.page, asked.values).all()
            return found, connection.execute(asked.total, asked.values).scalar_one()

        found, count = await self._database.read(look)
        there = [agent_of(row).at(now) for row in found[:limit]]
        last = found[limit - 1] if len(found) > limit else None
        return Page(
            agents=[it for it in there if _fits(it, wanted, now)],
            total=count,
            end=None if last is None else Place(last.place, last.amid),
        )


def _fits(agent: Agent, wanted: Wanted, now: int) -> bool:
    is_over = agent.expires_at <= now or agent.revoked_at is not None
    tiers_wanted = tiers.at_least(tiers.ANONYMOUS if wanted.tier_min is None else wanted.tier_min)
    is_fitting = agent.tier in tiers_wanted and wanted.status in (None, agent.status_at(now))
    return is_fitting and not is_over


def _ranges(wanted: Wanted) -> list[tuple[float, float]]:
    """Return the best and the last place of each range that is wanted."""
    floor = wanted.reputation_min or 0
    rated = (_BEST, WORST_RATED - floor)
    if wanted.is_rated or floor > UNRATED:
        return [rated]
    return [(_BEST, _LAST)] if not floor else [rated, (place_of(UNRATED, 0), _LAST)]


class Asked(NamedTuple):
    """The queries for a page and for how many there are, and what they are about."""

    page: sa.Select[Any]
    total: sa.Select[Any]
    values: dict[str, object]


def asked_for(wanted: Wanted, limit: int, after: Place) -> Asked:
    """Return what the database is asked."""
    numbers, ranges = cohorts(wanted.tier_min, wanted.status), _ranges(wanted)
    values: dict[str, object] = {"word": wanted.word, "limit": limit}
    values |= {f"cohort{at}": it for at, it in enumerate(numbers)}
    for at, (best, last) in enumerate(ranges):
        place, amid = max((best, ""), (after.place, after.amid))
        values |= {f"best{at}": best, f"last{at}": last, f"place{at}": place, f"amid{at}": amid}
    return Asked(*_queries(len(numbers), len(ranges)), values)


@lru_cache
def _queries(many_cohorts: int, many_ranges: int) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """Return the query for a page, and the one for how many there are.

    The beginning of each cohort is an index read in order; then the first of all of them.
    """
    beginnings: list[sa.Subquery] = []
    within: list[sa.ColumnElement[bool]] = []
    limit = sa.bindparam("limit", type_=sa.Integer)
    order = (listings.c.place, listings.c.amid)
    for cohort, at in itertools.product(range(many_cohorts), range(many_ranges)):
        here = (listings.c.word == sa.bindparam("word")) & (
            listings.c.cohort == sa.bindparam(f"cohort{cohort}")
        )
        here &= listings.c.place <= sa.bindparam(f"last{at}")
        # One comparison of both: that is what an index can begin at, in the middle of a tie.
        after = sa.tuple_(*order) > sa.tuple_(
            sa.bindparam(f"place{at}", type_=sa.Float), sa.bindparam(f"amid{at}", type_=sa.String)
        )
        page = sa.select(*order).where(here, after).order_by(*order).limit(limit)
        beginnings.append(page.subquery())
        within.append(here & (listings.c.place >= sa.bindparam(f"best{at}")))
    found = sa.union_all(*(sa.select(it) for it in beginnings)).subquery()
    first = sa.select(found).order_by(found.c.place, found.c.amid).limit(limit).subquery()
    rows = (
        AGENT.add_columns(first.c.place)
        .join(first, first.c.amid == agents.c.amid)
        .order_by(first.c.place, first.c.amid)
    )
    everybody = sa.union_all(*(sa.select(sa.literal(1)).where(it) for it in within)).subquery()
    some = sa.select(everybody).limit(SEARCH_TOTAL).subquery()
    return rows, sa.select(sa.func.count()).select_from(some)
