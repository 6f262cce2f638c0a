"""A relay's word ends a presence that is older than what the relay saw, and does nothing else."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage.database import Database

from agentmesh.protocol.absences import PATH
from agentmesh.protocol.relay_key import RelayKey
from tests.services.registry.test_listings import listed
from tests.support.asking import Asker, registry_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

HERE = "ws://127.0.0.1:1"  # where registrants are
RELAY, SPARE = Registrant("relay"), Registrant("the relay's other node")
ALICE, BOB, CAROL = Registrant("alice"), Registrant("bob"), Registrant("carol")
NAMED = (RelayKey(HERE, RELAY.public), RelayKey(HERE, SPARE.public))


@pytest.fixture
async def mesh(database_url: str, clock: FakeClock) -> AsyncIterator[Asker]:
    async with registry_at(database_url, clock, relays=NAMED) as asker:
        yield asker


async def come(registry: Asker, *agents: Registrant, status: str = "online") -> None:
    for agent in agents:
        await registry.register(agent)
        said = await registry.post("/v1/registry/status", {"status": status}, agent)
        assert said.status == 200


def gone(*agents: Registrant, ago_ms: int = 0) -> dict[str, Any]:
    return {"gone": [{"amid": agent.amid, "ago_ms": ago_ms} for agent in agents]}


async def lose(registry: Asker, said: object, by: Registrant = RELAY) -> int:
    answer = await registry.post(PATH, said, by)
    assert answer.status == 200, answer.raw
    return int(answer.json["offline"])


async def status(registry: Asker, agent: Registrant) -> str:
    return str((await registry.lookup(agent)).json["status"])


async def online(registry: Asker) -> set[str]:
    found = (await registry.get("/v1/registry/search?status=online")).json
    assert found["total"] == len(found["results"])
    return {it["amid"] for it in found["results"]}


async def test_who_is_gone_is_offline_and_found_no_more_until_it_says_something(
    mesh: Asker,
) -> None:
    await come(mesh, ALICE, BOB, CAROL)
    mesh.clock.advance(20)
    assert await lose(mesh, gone(ALICE, CAROL, ago_ms=10_000)) == 2
    assert await online(mesh) == {BOB.amid}
    assert [await status(mesh, it) for it in (ALICE, BOB)] == ["offline", "online"]
    assert await lose(mesh, gone(ALICE, ago_ms=9_000), by=SPARE) == 0, "it is offline already"
    await come(mesh, ALICE)
    assert await online(mesh) == {ALICE.amid, BOB.amid}


async def test_when_an_agent_was_last_heard_of_is_its_own_word_alone(mesh: Asker) -> None:
    await come(mesh, ALICE, status="dnd")
    before = (await mesh.lookup(ALICE)).json
    mesh.clock.advance(20)
    await lose(mesh, gone(ALICE))
    after = (await mesh.lookup(ALICE)).json
    assert {name for name in before if before[name] != after[name]} <= {"status", "log"}
    assert (before["status"], after["status"]) == ("dnd", "offline")


async def test_whoever_said_something_since_is_not_gone(mesh: Asker) -> None:
    await come(mesh, ALICE)
    mesh.clock.advance(60)
    await come(mesh, ALICE)
    mesh.clock.advance(5)
    assert await lose(mesh, gone(ALICE, ago_ms=10_000)) == 0
    assert await online(mesh) == {ALICE.amid}


async def test_a_request_that_was_held_up_speaks_of_when_it_was_signed(mesh: Asker) -> None:
    await come(mesh, ALICE)
    mesh.clock.advance(20)
    here, signing = mesh.clock, FakeClock(mesh.clock.now())
    here.advance(30)  # the request is on its way
    await come(mesh, ALICE)
    here.advance(5)
    mesh.clock = signing
    assert await lose(mesh, gone(ALICE)) == 0
    assert await online(mesh) == {ALICE.amid}


@pytest.mark.parametrize("seconds", [-40, 40])
async def test_a_relays_wrong_clock_makes_nobody_offline_who_spoke_since(
    mesh: Asker, seconds: int
) -> None:
    await come(mesh, ALICE)
    mesh.clock.advance(100)
    await come(mesh, BOB)
    mesh.clock.advance(5)
    right, mesh.clock = mesh.clock, FakeClock(mesh.clock.now() + seconds)
    assert await lose(mesh, gone(ALICE, BOB, ago_ms=10_000)) == 1
    mesh.clock = right
    assert await online(mesh) == {BOB.amid}


@pytest.mark.parametrize(
    "endpoint",
    ["ws://127.0.0.1:2", "wss://127.0.0.1:1", "ws://127.0.0.2:1", "http://127.0.0.1:1", "ws://a"],
)
async def test_agents_of_other_relays_are_none_of_its_business(mesh: Asker, endpoint: str) -> None:
    await come(mesh, ALICE)
    await mesh.register(BOB, BOB.record(1, relay_endpoint=endpoint))
    await come(mesh, BOB)
    mesh.clock.advance(20)
    assert await lose(mesh, gone(ALICE, BOB)) == 1
    assert await online(mesh) == {BOB.amid}


async def test_an_agent_that_moved_to_another_relay_is_out_of_reach(mesh: Asker) -> None:
    await come(mesh, ALICE)
    await mesh.register(ALICE, ALICE.record(2, relay_endpoint="wss://other.example"))
    mesh.clock.advance(20)
    assert await lose(mesh, gone(ALICE)) == 0
    assert await online(mesh) == {ALICE.amid}


async def test_whoever_is_unknown_or_faded_changes_nothing(mesh: Asker) -> None:
    await mesh.register(ALICE)
    await come(mesh, BOB)
    mesh.clock.advance(300)
    assert await lose(mesh, gone(ALICE, BOB, Registrant("nobody"))) == 0
    assert [await status(mesh, it) for it in (ALICE, BOB)] == ["offline", "offline"]


async def test_a_whole_batch_is_one_change_and_listings_follow(
    mesh: Asker, database: Database
) -> None:
    agents = [Registrant(f"agent {number}") for number in range(12)]
    for agent in agents:
        await mesh.register(agent, agent.record(1, "travel/flights"))
    await come(mesh, *agents)
    mesh.clock.advance(20)
    assert await lose(mesh, gone(*agents[:10])) == 10
    assert len(await online(mesh)) == 2
    assert len({cohort for _, cohort, _ in await listed(database)}) == 2


async def test_many_cost_as_many_statements_as_one(mesh: Asker) -> None:
    agents = [Registrant(f"agent {number}") for number in range(21)]
    await come(mesh, *agents)
    mesh.clock.advance(20)
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement.split(maxsplit=1)[0])

    counts = []
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        for some in (agents[:1], agents[1:]):
            said.clear()
            assert await lose(mesh, gone(*some)) == len(some)
            counts.append([word for word in said if word in ("SELECT", "INSERT", "UPDATE")])
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert counts[0] == counts[1]
    assert counts[0].count("UPDATE") == 2
