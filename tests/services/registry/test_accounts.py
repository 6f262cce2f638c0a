"""An agent's account: what is kept step by step is what adding up anew gives."""

import random

import pytest
import sqlalchemy as sa
from agentmesh_registry.reputation.votes import Pile, Tally, Voice
from agentmesh_registry.storage.accounts import PARTY, Account, read_record, voter_of
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.tables import agents, voices

from tests.support.asking import Asker
from tests.support.registrant import Registrant

TARGET = Registrant("target")
RATERS = [Registrant(f"rater {number}") for number in range(6)]
NOW = TARGET.now


@pytest.fixture
async def mesh(registry: Asker, database: Database) -> Database:
    """Some raters of two owners, some of none, and whom they talk about."""
    for agent in (TARGET, *RATERS):
        await registry.register(agent)
    owned = {"one": RATERS[:2], "other": RATERS[2:3]}
    for owner, mine in owned.items():
        names = [it.amid for it in mine]
        change = sa.update(agents).where(agents.c.amid.in_(names)).values(tier=1, owner=owner)
        await database.write(lambda it, change=change: it.execute(change).rowcount)
    return database


def party(connection: sa.Connection, agent: Registrant) -> sa.Row[tuple[object, ...]]:
    return connection.execute(sa.select(*PARTY).where(agents.c.amid == agent.amid)).one()


def hear(connection: sa.Connection, number: int, chance: random.Random) -> None:
    account = Account(connection, party(connection, TARGET), NOW + number)
    rater = party(connection, chance.choice(RATERS))
    score, weight, is_good = chance.random(), chance.random(), chance.random() < 0.5
    account.hear(rater, lambda voice: voice.rated(score, weight).met(completed=is_good))
    account.sessions += 1
    account.completed += is_good
    account.close()


def added_up(connection: sa.Connection) -> tuple[Tally, Tally]:
    feedback, completion = Tally(), Tally()
    for row in connection.execute(sa.select(voices).where(voices.c.target == TARGET.amid)):
        fields = {name: getattr(row, name) for name in Voice.__struct_fields__}
        voice, proven = Voice(**fields), row.is_proven
        feedback = feedback.changed(Pile(), voice.of_ratings(), is_proven=proven)
        said = voice.of_sessions(is_proven=proven)
        completion = completion.changed(Pile(), said, is_proven=proven)
    return feedback, completion


async def test_what_is_kept_is_what_adding_up_anew_gives(mesh: Database) -> None:
    chance = random.Random(20261121)
    for number in range(60):
        await mesh.write(lambda it, number=number: hear(it, number, chance))
    record, anew = await mesh.read(
        lambda connection: (read_record(connection, TARGET.amid), added_up(connection))
    )
    kept = record.standing
    assert kept.feedback.share() == pytest.approx(anew[0].share())
    assert kept.completion.share() == pytest.approx(anew[1].share())
    assert (kept.sessions, record.owners) == (60, 2)


async def test_agents_of_one_owner_have_one_voice_and_others_their_own(mesh: Database) -> None:
    voters = await mesh.read(
        lambda connection: [voter_of(party(connection, rater)) for rater in RATERS]
    )
    assert voters[:3] == ["owner one", "owner one", "owner other"]
    assert voters[3:] == [rater.amid for rater in RATERS[3:]]
