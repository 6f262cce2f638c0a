"""Certificates that ran out: tiers and listings follow what agents have been shown as since."""

from functools import partial

from agentmesh.protocol.tiers import PERSON
from agentmesh_registry.storage.agents import AGENT, has_lapsed
from agentmesh_registry.storage.certificates import lapse
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.listings import EVERYBODY, cohorts
from agentmesh_registry.storage.tables import agents, listings

LOOK_MS = 10 * 60 * 1000
_AT_ONCE = 200


class Lapses:
    """Looks through those who are vouched for, and no others, once in a while."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looked = -LOOK_MS

    async def sweep(self, now: int) -> None:
        """Let who bears a certificate that ran out be what it is without it."""
        if now - self._looked < LOOK_MS:
            return
        vouched = (listings.c.word == EVERYBODY) & listings.c.cohort.in_(cohorts(PERSON, None))
        query = (
            AGENT.with_only_columns(agents.c.amid, maintain_column_froms=True)
            .join(listings, listings.c.amid == agents.c.amid)
            .where(vouched, has_lapsed(now))
        )
        found = await self._database.survey(
            lambda connection: [row.amid for row in connection.execute(query)]
        )
        for start in range(0, len(found), _AT_ONCE):
            some = found[start : start + _AT_ONCE]
            await self._database.write(partial(lapse, amids=some, now=now))
        self._looked = now
