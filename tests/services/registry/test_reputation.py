"""Who may rate whom, and what becomes of it, on both databases."""

import asyncio
import base64

import msgspec
import pytest
import sqlalchemy as sa
from agentmesh_registry.storage.database import opened
from agentmesh_registry.storage.tables import agents, ratings

from agentmesh.protocol.ids import Amid
from tests.support.asking import Asker
from tests.support.ratings import FEEDBACK, SESSION, rate, receipt
from tests.support.registrant import DAY, Registrant
from tests.support.world import FakeClock

ALICE, BOB, CAROL = Registrant("alice"), Registrant("bob"), Registrant("carol")
SCORE = "/v1/registry/reputation/score?amid="


async def vouch(database_url: str, amid: Amid, owner: str) -> None:
    """Let an agent be of a proven owner, as the registry's authority would."""
    change = sa.update(agents).where(agents.c.amid == amid).values(tier=1, owner=owner)
    async with opened(database_url) as database:
        await database.write(lambda connection: connection.execute(change).rowcount)


@pytest.fixture
async def mesh(registry: Asker) -> Asker:
    for agent in (ALICE, BOB, CAROL):
        await registry.register(agent)
    return registry


async def test_who_held_a_session_rates_the_other_once(mesh: Asker) -> None:
    assert (await rate(mesh, ALICE, BOB, "s1", 0.9, "helpful")).json == {"outcome": "kept"}
    assert (await rate(mesh, ALICE, BOB, "s1", 0.1)).json == {"outcome": "already_known"}
    said = (await mesh.get(SCORE + BOB.amid)).json
    assert (said["ratings_count"], said["sessions"], said["completed"]) == (1, 1, 1)
    assert said["tags"] == [{"tag": "helpful", "owners": 0, "others": 1}]
    assert (said["reputation_score"], said["reputation_status"]) == (0.5, "unrated")
    assert (await mesh.get(SCORE + ALICE.amid)).json["ratings_count"] == 0
    assert (await mesh.get(SCORE + ALICE.amid)).json["completed"] == 1, "it was her session, too"


async def test_both_may_speak_about_one_session(mesh: Asker) -> None:
    one = receipt(ALICE, BOB, "s1")
    for rater in (ALICE, BOB):
        body = {"receipt": one, "feedback": {"score": 1}}
        assert (await mesh.post(FEEDBACK, body, rater)).json == {"outcome": "kept"}


async def test_a_session_counts_once_for_both(mesh: Asker) -> None:
    for caller, outcome in ((ALICE, "kept"), (BOB, "already_known")):
        body = {"receipt": receipt(ALICE, BOB, "s1", "timeout")}
        assert (await mesh.post(SESSION, body, caller)).json == {"outcome": outcome}
    said = (await mesh.get(SCORE + BOB.amid)).json
    assert (said["sessions"], said["completed"]) == (1, 0)


async def test_nobody_takes_the_place_of_a_session_of_others(mesh: Asker) -> None:
    await rate(mesh, CAROL, ALICE, "s1", 1.0)
    assert (await rate(mesh, ALICE, BOB, "s1", 1.0)).json == {"outcome": "kept"}
    assert (await mesh.get(SCORE + BOB.amid)).json["sessions"] == 1


async def test_nobody_speaks_about_sessions_of_others(mesh: Asker) -> None:
    body = {"receipt": receipt(ALICE, BOB, "s1"), "feedback": {"score": 0}}
    assert (await mesh.post(FEEDBACK, body, CAROL)).refusal == (403, "not_permitted")


def forgeries() -> dict[str, bytes]:
    mine, theirs = receipt(ALICE, BOB, "s1"), receipt(ALICE, CAROL, "s1")
    a, b = (msgspec.msgpack.decode(it) for it in (mine, theirs))
    stolen = {**a, "stub": [a["stub"][0], b["stub"][1]]}
    swapped = {**a, "stub": a["stub"][::-1]}
    other = {**a, "outcome": msgspec.msgpack.decode(receipt(ALICE, BOB, "s2"))["outcome"]}
    alone = {**a, "stub": [a["stub"][0], a["stub"][0]]}
    changed = mine.replace(b"completed", b"completeD")
    packed = [msgspec.msgpack.encode(it) for it in (stolen, swapped, other, alone)]
    names = ("another's signature", "swapped", "another outcome", "signed by one")
    return {**dict(zip(names, packed, strict=True)), "changed": changed, "cut": mine[:-1]}


@pytest.mark.parametrize("name", forgeries())
async def test_a_receipt_that_was_tampered_with_proves_nothing(mesh: Asker, name: str) -> None:
    body = {"receipt": forgeries()[name], "feedback": {"score": 1}}
    answer = await mesh.post(FEEDBACK, body, ALICE)
    assert answer.refusal == (400, "receipt_invalid")
    assert (await mesh.get(SCORE + BOB.amid)).json["ratings_count"] == 0


async def test_what_has_only_begun_may_be_rated_but_is_no_session_yet(mesh: Asker) -> None:
    begun = receipt(ALICE, BOB, "s1", ended="")
    answer = await mesh.post(SESSION, {"receipt": begun}, ALICE)
    assert answer.refusal == (400, "session_not_over")
    body = {"receipt": begun, "feedback": {"score": 0}}
    assert (await mesh.post(FEEDBACK, body, ALICE)).json == {"outcome": "kept"}
    assert (await mesh.get(SCORE + BOB.amid)).json["sessions"] == 0


async def test_a_relic_is_not_taken(mesh: Asker, clock: FakeClock) -> None:
    clock.advance(91 * DAY)
    for agent in (ALICE, BOB):
        late = Registrant(agent.name, clock.now())
        await mesh.register(late, late.record(2))
    answer = await rate(mesh, ALICE, BOB, "s1", 1.0)
    assert answer.refusal == (400, "receipt_expired")


async def test_of_whom_nobody_has_heard_there_is_nothing_to_say(registry: Asker) -> None:
    await registry.register(ALICE)
    assert (await rate(registry, ALICE, BOB, "s1", 1.0)).refusal == (404, "agent_not_found")
    assert (await registry.get(SCORE + BOB.amid)).refusal == (404, "agent_not_found")


@pytest.mark.parametrize("score", [-0.1, 1.1, "1", None])
async def test_a_score_is_a_share(mesh: Asker, score: object) -> None:
    body = {"receipt": receipt(ALICE, BOB, "s1"), "feedback": {"score": score}}
    assert (await mesh.post(FEEDBACK, body, ALICE)).status == 400


async def test_five_raters_make_it_rated_and_ranked_and_agents_of_one_owner_are_one(
    mesh: Asker, database_url: str, clock: FakeClock
) -> None:
    raters = [Registrant(f"rater {number}") for number in range(6)]
    for number, rater in enumerate(raters):
        await mesh.register(rater)
        await vouch(database_url, rater.amid, f"owner {max(number, 1)}")
    clock.advance(8 * DAY)  # they are no newcomers any more, and the network is forgotten
    for rater in raters:
        clock.advance(DAY + 1)
        assert (await rate(mesh, rater, BOB, rater.name, 1.0)).json == {"outcome": "kept"}
    said = (await mesh.get(SCORE + BOB.amid)).json
    assert (said["ratings_count"], said["owners"], said["reputation_status"]) == (6, 5, "rated")
    leaders = (await mesh.get("/v1/registry/reputation/leaderboard")).json
    assert [it["amid"] for it in leaders["results"]] == [BOB.amid]
    found = (await mesh.get(f"/v1/registry/lookup?amid={BOB.amid}")).json
    assert found["reputation_score"] == pytest.approx(said["reputation_score"], abs=0.01)


async def test_a_rating_that_is_returned_within_a_day_loses_its_weight_on_both_sides(
    mesh: Asker, database_url: str
) -> None:
    await rate(mesh, ALICE, BOB, "s1", 1.0)
    await rate(mesh, BOB, ALICE, "s2", 1.0)
    async with opened(database_url) as database:
        rows = await database.read(lambda it: it.execute(sa.select(ratings)).all())
    assert {row.is_mutual for row in rows} == {True}
    assert {round(row.weight, 6) for row in rows} == {0.5 * 0.25 * 0.2}


async def test_the_second_from_one_network_within_a_day_weighs_nothing_and_no_address_is_kept(
    mesh: Asker, database_url: str, clock: FakeClock
) -> None:
    await rate(mesh, ALICE, BOB, "s1", 1.0)
    await rate(mesh, CAROL, BOB, "s2", 1.0)
    clock.advance(DAY + 1)
    await rate(mesh, ALICE, BOB, "s3", 1.0)
    async with opened(database_url) as database:
        rows = await database.read(lambda it: it.execute(sa.select(ratings)).all())
    first, second, third = sorted(rows, key=lambda row: (row.rated_at, row.rater != ALICE.amid))
    assert (first.weight > 0, second.weight, third.weight > 0) == (True, 0, True)
    assert first.network is None, "forgotten after a day"
    assert b"127.0.0.1" not in third.network


async def test_ratings_at_once_are_all_counted(mesh: Asker) -> None:
    pairs = [(ALICE, BOB), (BOB, ALICE), (CAROL, BOB), (BOB, CAROL), (ALICE, CAROL)]
    asked = [
        rate(mesh, one, other, f"{number} {one.name} {other.name}", 0.7)
        for one, other in pairs
        for number in range(4)
    ]
    answers = await asyncio.gather(*asked)
    assert [it.json for it in answers] == [{"outcome": "kept"}] * 20
    sessions = [(await mesh.get(SCORE + it.amid)).json["sessions"] for it in (ALICE, BOB, CAROL)]
    assert sessions == [12, 16, 12]


async def test_bytes_that_are_no_receipt_are_refused(mesh: Asker) -> None:
    for rubbish in (b"", b"\xc1", b"\x80", b"x" * 8000):
        text = base64.b64encode(rubbish).decode()
        answer = await mesh.post(FEEDBACK, {"receipt": text, "feedback": {"score": 1}}, ALICE)
        assert answer.refusal == (400, "receipt_invalid")
