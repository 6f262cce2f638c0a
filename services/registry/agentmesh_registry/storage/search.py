"""Finding agents by what they offer."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from agentmesh.protocol import tiers
from agentmesh.protocol.bounded import Status
from agentmesh.protocol.feedback import MIN_RATERS
from agentmesh_registry.storage.agents import Agent, agent_of
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.tables import agents, capabilities


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for; what is not named does not matter."""

    category: str = ""
    subcategory: str = ""
    tier_min: float | None = None
    reputation_min: float | None = None
    status: Status | None = None
    is_rated: bool = False


class Search:
    """The search of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(
        self, wanted: Wanted, now: int, *, limit: int, offset: int
    ) -> tuple[Sequence[Agent], int]:
        """Return some agents, rated ones first, and how many there are in all."""
        conditions = _conditions(wanted, now)
        total = sa.select(sa.func.count()).select_from(agents).where(*conditions)
        rows = (
            sa.select(agents)
            .where(*conditions)
            .order_by(
                sa.case((agents.c.ratings_count >= MIN_RATERS, 0), else_=1),
                agents.c.reputation_score.desc(),
                agents.c.amid,
            )
            .limit(limit)
            .offset(offset)
        )

        def look(connection: sa.Connection) -> tuple[Sequence[sa.Row[Any]], int]:
            return connection.execute(rows).all(), connection.execute(total).scalar_one()

        found, count = await self._database.read(look)
        return [agent_of(row) for row in found], count


def _conditions(wanted: Wanted, now: int) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [
        agents.c.expires_at > now,
        agents.c.revoked_at.is_(None),
    ]
    if wanted.category:
        offers = sa.select(1).where(
            capabilities.c.amid == agents.c.amid, capabilities.c.category == wanted.category
        )
        if wanted.subcategory:
            offers = offers.where(capabilities.c.subcategory == wanted.subcategory)
        conditions.append(offers.exists())
    if wanted.tier_min is not None:
        conditions.append(agents.c.tier.in_(sorted(tiers.at_least(wanted.tier_min))))
    if wanted.reputation_min is not None:
        conditions.append(agents.c.reputation_score >= wanted.reputation_min)
    if wanted.is_rated:
        conditions.append(agents.c.ratings_count >= MIN_RATERS)
    if wanted.status is not None:
        fresh = agents.c.present_until > now
        said = agents.c.status == wanted.status
        conditions.append(said | ~fresh if wanted.status == "offline" else said & fresh)
    return conditions
