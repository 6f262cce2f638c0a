"""The verifier computes the log anew: every single thing that does not fit is found."""

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage.agents import Agents, Registration
from agentmesh_registry.storage.database import Database, opened
from agentmesh_registry.storage.listings import Listings
from agentmesh_registry.storage.revoking import Revocations
from agentmesh_registry.storage.verifying import MAX_PROBLEMS, counted, verified

from tests.support.registrant import Registrant

ALICE, BOB, CAROL = (Registrant(name) for name in ("alice", "bob", "carol"))


def registration(agent: Registrant, sequence: int) -> Registration:
    return Registration(
        amid=agent.amid,
        signing_key=agent.public,
        signed=f"{agent.name} {sequence}".encode(),
        sequence=sequence,
        expires_at=2**47,
        words=frozenset({("travel", "")}),
    )


async def fill(database: Database) -> None:
    """Nine records of three agents, two of which are revoked."""
    agents, revocations = Agents(database), Revocations(database)
    for sequence in (1, 2, 3):
        for agent in (ALICE, BOB, CAROL):
            await agents.put(registration(agent, sequence), sequence, lambda _: None)
    await revocations.put(ALICE.amid, b"alice's", 4)
    await revocations.put(BOB.amid, b"bob's", 5)


@pytest.fixture
async def filled(database: Database) -> Database:
    await fill(database)
    return database


async def problems(database: Database) -> tuple[str, ...]:
    seen: list[int] = []
    report = await database.survey(lambda connection: verified(connection, seen.append))
    assert report.verified
    return report.problems


async def test_what_a_registry_wrote_fits(filled: Database) -> None:
    assert await problems(filled) == ()
    report = await filled.survey(counted)
    assert (report.agents, report.revocations, report.log_entries) == (3, 2, 11)
    assert (len(report.log_root), report.verified) == (64, False)


async def test_an_empty_registry_fits(database: Database) -> None:
    assert await problems(database) == ()


FORGERIES = {
    "a changed entry": 'UPDATE log_entries SET entry = :other WHERE "index" = 4',
    "an entry of another": "UPDATE log_entries SET entry = (SELECT entry FROM log_entries"
    ' WHERE "index" = 5) WHERE "index" = 4',
    "a lost entry": 'DELETE FROM log_entries WHERE "index" = 4',
    "a lost last entry": 'DELETE FROM log_entries WHERE "index" = 10',
    "another subject": 'UPDATE log_entries SET subject = :other WHERE "index" = 2',
    "a hidden revocation": 'UPDATE log_entries SET revocation = NULL WHERE "index" = 9',
    "a changed hash": "UPDATE log_nodes SET hash = :other WHERE tree = 0 AND level = 2"
    " AND position = 1",
    "a lost hash": "DELETE FROM log_nodes WHERE tree = 1 AND level = 1",
    "a hash too many": "INSERT INTO log_nodes VALUES (0, 5, 0, :other)",
    "an older tree": "UPDATE log_trees SET size = 10 WHERE tree = 0",
    "a tree of nobody": "UPDATE log_trees SET peaks = :other WHERE tree = 1",
    "no tree": "DELETE FROM log_trees WHERE tree = 1",
    "a changed record": "UPDATE agents SET signed = :other WHERE amid = :carol",
    "an older record": "UPDATE agents SET log_index = 5 WHERE amid = :carol",
    "a lost agent": "DELETE FROM agents WHERE amid = :carol",
    "a forgotten revocation": "UPDATE agents SET revoked_at = NULL WHERE amid = :alice",
    "an invented revocation": "UPDATE agents SET revoked_at = 1 WHERE amid = :carol",
    "a lost revocation": "DELETE FROM revocations WHERE amid = :alice",
    "a changed revocation": "UPDATE revocations SET signed = :other WHERE amid = :alice",
    "a moved revocation": "UPDATE revocations SET log_index = 10 WHERE amid = :alice",
}


async def test_whatever_does_not_fit_is_found(filled: Database) -> None:
    values = {"other": b"o" * 32, "carol": CAROL.amid, "alice": ALICE.amid}
    foreign = "DELETE FROM listings"
    for name, statement in FORGERIES.items():

        def forge(connection: sa.Connection, text: str = statement) -> tuple[str, ...]:
            mark = connection.begin_nested()
            connection.execute(sa.text(foreign))
            used = {it: value for it, value in values.items() if f":{it}" in text}
            changed = connection.execute(sa.text(text), used).rowcount
            found = verified(connection, lambda _: None).problems
            mark.rollback()
            assert changed == 1
            return found

        found = await filled.write(forge)
        assert found, name
        assert len(found) <= MAX_PROBLEMS
    assert await problems(filled) == ()


async def test_a_thousand_entries_are_read_page_by_page(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:

        def many(connection: sa.Connection) -> None:
            from agentmesh_registry.storage.agents import keep  # noqa: PLC0415

            for sequence in range(1, 1002):
                keep(connection, registration(ALICE, sequence), sequence)

        await database.fill(many)
        assert await problems(database) == ()
        assert (await database.survey(counted)).log_entries == 1001
        assert await Listings(database).count(0) == (1, 0)
