"""Keys are read once; whether their agents still count is asked with each request."""

import pytest
import sqlalchemy as sa
from agentmesh_registry import signers
from agentmesh_registry.signers import Signers
from agentmesh_registry.storage.agents import Agents
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.tables import agents

from agentmesh.errors import AgentMeshError
from tests.support.asking import Asker
from tests.support.registrant import Registrant

ALICE, BOB, CAROL = Registrant("alice"), Registrant("bob"), Registrant("carol")


class Counted(Agents):
    """The agents of a database, and how often one was asked for."""

    asked = 0

    async def signing_key(self, amid: str) -> tuple[bytes, int | None] | None:
        self.asked += 1
        return await super().signing_key(amid)  # type: ignore[arg-type]  # what tests call one


async def _kept(
    database: Database, *registrants: Registrant, revoked_at: int | None = None
) -> None:
    times = dict.fromkeys(("sequence", "expires_at", "registered_at", "updated_at"), 1)
    rows = [
        {
            "amid": it.amid,
            "signing_key": it.public,
            "signed": b"",
            "revoked_at": revoked_at,
            **times,
        }
        for it in registrants
    ]
    await database.write(lambda connection: connection.execute(sa.insert(agents), rows).rowcount)


async def _refused(known: Signers, who: Registrant) -> str:
    with pytest.raises(AgentMeshError) as refused:
        await known.key_of(who.amid)
    return refused.value.code


async def test_a_key_is_read_once(database: Database) -> None:
    await _kept(database, ALICE)
    counted = Counted(database)
    known = Signers(counted)
    assert [await known.key_of(ALICE.amid) for _ in range(3)] == [ALICE.public] * 3
    assert counted.asked == 1


async def test_who_is_not_there_or_was_taken_back_is_looked_up_each_time(
    database: Database,
) -> None:
    await _kept(database, BOB, revoked_at=5)
    counted = Counted(database)
    known = Signers(counted)
    for _ in range(2):
        assert await _refused(known, ALICE) == "unknown_signer"
        assert await _refused(known, BOB) == "identity_revoked"
    assert counted.asked == 4
    await _kept(database, ALICE)
    assert await known.key_of(ALICE.amid) == ALICE.public


async def test_no_more_is_kept_than_the_bound(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signers, "MAX_KEPT", 2)
    await _kept(database, ALICE, BOB, CAROL)
    counted = Counted(database)
    known = Signers(counted)
    for who in (ALICE, BOB, ALICE, CAROL, ALICE):
        assert await known.key_of(who.amid) == who.public
    assert counted.asked == 3
    await known.key_of(BOB.amid)
    assert counted.asked == 4


async def test_who_is_forgotten_is_looked_up_again(database: Database) -> None:
    await _kept(database, ALICE)
    counted = Counted(database)
    known = Signers(counted)
    await known.key_of(ALICE.amid)
    known.forget(ALICE.amid)
    known.forget(BOB.amid)
    assert await known.key_of(ALICE.amid) == ALICE.public
    assert counted.asked == 2


async def test_who_was_taken_back_after_its_key_was_read_spends_nothing(registry: Asker) -> None:
    for who in (ALICE, BOB):
        await registry.register(who)
        await registry.publish(who)
    target = f"/v1/registry/prekeys/{BOB.amid}"
    assert (await registry.get(target, ALICE)).status == 200
    left = (await registry.get(target + "/count", BOB)).json["one_time"]
    await registry.revoke(ALICE)
    for _ in range(2):
        assert (await registry.get(target, ALICE)).refusal == (410, "identity_revoked")
    assert (await registry.get(target + "/count", BOB)).json["one_time"] == left
