"""The log over HTTP: every change is in it, and everything it says is proved."""

import asyncio
import base64
from typing import Any

import msgspec
import pytest
from agentmesh_registry.storage.database import Database, opened
from agentmesh_registry.storage.tables import agents, log_entries, log_nodes, log_trees

from agentmesh.errors import UsageError
from agentmesh.protocol.merkle import Frontier, Stand, consistent, frontier_of, included, leaf_hash
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.transparency import (
    LogHead,
    LogPage,
    LogProof,
    TreeHead,
    document_hash,
    read_entry,
    read_head,
    subject_of,
)
from tests.support.asking import Answer, Asker, registry_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

AGENTS = [Registrant(f"agent {number}") for number in range(12)]
ALICE, BOB, *_ = AGENTS
NOTHING = Stand()


def log_of(answer: Answer) -> LogProof:
    assert answer.status < 300, answer.raw
    return msgspec.convert(answer.json["log"], LogProof, builtin_types=(), strict=False)


def decoded(answer: Answer, kind: Any) -> Any:
    assert answer.status == 200, answer.raw
    return msgspec.json.decode(answer.raw, type=kind)


def check(proof: LogProof, known: Stand = NOTHING) -> TreeHead:
    """Check a proof as a stranger to this registry's code would."""
    head = read_head(proof.head)
    leaf = leaf_hash(proof.entry)
    assert included(leaf, proof.index, head.size, proof.path, head.root)
    assert consistent(known, head.entries_stand, proof.consistency)
    return head


async def head_of(registry: Asker, known: int = 0) -> LogHead:
    head: LogHead = decoded(await registry.get(f"/v1/log/head?log_size={known}"), LogHead)
    return head


async def test_a_lookup_comes_with_its_proof(registry: Asker) -> None:
    for agent in AGENTS:
        await registry.register(agent)
    answer = await registry.lookup(ALICE)
    proof = log_of(answer)
    head, entry = check(proof), read_entry(proof.entry)
    assert (head.size, proof.index) == (12, 0)
    assert (entry.kind, entry.subject, entry.previous) == ("record", subject_of(ALICE.amid), None)
    assert entry.document == document_hash(base64.b64decode(answer.json["record"]))


async def test_who_knows_the_log_is_shown_that_it_only_grew(registry: Asker) -> None:
    stands = []
    for agent in AGENTS:
        await registry.register(agent)
        stands.append(read_head((await head_of(registry)).head).entries_stand)
    for stand in stands:
        check(log_of(await registry.lookup(BOB, stand.size)), stand)


async def test_registering_answers_with_the_proof_of_it(registry: Asker) -> None:
    await registry.register(ALICE)
    again = await registry.register(ALICE, ALICE.record(2))
    proof = log_of(again)
    assert (check(proof).size, proof.index, read_entry(proof.entry).previous) == (2, 1, 0)
    unchanged = await registry.register(ALICE, ALICE.record(2))
    assert log_of(unchanged).index == 1


async def test_writers_at_once_leave_one_history(registry: Asker) -> None:
    records = [it.record(number) for it in AGENTS for number in (1, 2)]
    await asyncio.gather(*(registry.register(_by(it), it) for it in records))
    head = read_head((await head_of(registry)).head)
    page = decoded(await registry.get("/v1/log/entries"), LogPage)
    grown = Frontier()
    for data in page.entries:
        grown, _ = grown.grown(leaf_hash(data))
    assert grown.stand == head.entries_stand
    for agent in AGENTS:
        check(log_of(await registry.lookup(agent)))


def _by(signed: Signed) -> Registrant:
    return next(agent for agent in AGENTS if agent.amid == signed.amid)


async def test_the_head_brings_what_it_takes_to_follow(registry: Asker) -> None:
    for agent in AGENTS[:7]:
        await registry.register(agent)
    answer = await head_of(registry)
    head = read_head(answer.head)
    followed = frontier_of(head.size, answer.peaks)
    assert followed is not None
    assert followed.stand == head.entries_stand
    await registry.register(AGENTS[7])
    page = decoded(await registry.get("/v1/log/entries?start=7"), LogPage)
    for data in page.entries:
        followed, _ = followed.grown(leaf_hash(data))
    later = await head_of(registry, 7)
    assert followed.stand == read_head(later.head).entries_stand
    assert consistent(head.entries_stand, followed.stand, later.consistency)


async def test_proofs_of_the_past_are_given(registry: Asker) -> None:
    stands = [Stand()]
    for agent in AGENTS:
        await registry.register(agent)
        stands.append(read_head((await head_of(registry)).head).entries_stand)
    proof = (await registry.get("/v1/log/proof?index=2&size=5")).json
    path = [base64.b64decode(it) for it in proof["path"]]
    leaf = leaf_hash(base64.b64decode(proof["entry"]))
    assert included(leaf, 2, 5, path, stands[5].root)
    steps = (await registry.get("/v1/log/consistency?old=3&new=11")).json["consistency"]
    assert consistent(stands[3], stands[11], [base64.b64decode(it) for it in steps])


@pytest.mark.parametrize(
    "target", ["proof?index=1&size=1", "proof?index=0&size=2", "consistency?old=0&new=2"]
)
async def test_what_is_not_there_is_not_proved(light: Asker, target: str) -> None:
    await light.register(ALICE)
    assert (await light.get("/v1/log/" + target)).refusal == (404, "log_entry_not_found")


async def test_pages_are_bounded(light: Asker) -> None:
    for agent in AGENTS[:3]:
        await light.register(agent)
    page = decoded(await light.get("/v1/log/entries?start=1&limit=1"), LogPage)
    assert (page.start, len(page.entries)) == (1, 1)
    assert (await light.get("/v1/log/entries?limit=1001")).refusal == (400, "invalid_request")


async def test_the_log_goes_on_after_a_restart(database_url: str, clock: FakeClock) -> None:
    async with registry_at(database_url, clock) as first:
        await first.register(ALICE)
        before = read_head((await head_of(first)).head)
    async with registry_at(database_url, clock) as second:
        await second.register(BOB)
        later = await head_of(second, 1)
        assert later.head.signer
        after = read_head(later.head)
    assert consistent(before.entries_stand, after.entries_stand, later.consistency)


async def test_agents_of_before_the_log_are_entered_at_the_start(
    database_url: str, clock: FakeClock
) -> None:
    async with registry_at(database_url, clock) as first:
        for agent in AGENTS:
            await first.register(agent)
    async with opened(database_url) as database:
        await forget_the_log(database)
    async with registry_at(database_url, clock) as second:
        for agent in AGENTS:
            assert check(log_of(await second.lookup(agent))).size == len(AGENTS)


async def forget_the_log(database: Database) -> None:
    """Leave the database as it would be if it had just got the tables of the log."""
    await database.write(lambda it: it.execute(agents.update().values(log_index=None)).rowcount)
    for table in (log_entries, log_nodes):
        await database.write(lambda it, of=table: it.execute(of.delete()).rowcount)
    empty = log_trees.update().values(size=0, peaks=b"")
    await database.write(lambda it: it.execute(empty).rowcount)


async def test_another_key_does_not_go_on_with_a_log(sqlite_url: str, clock: FakeClock) -> None:
    async with registry_at(sqlite_url, clock):
        pass
    with pytest.raises(UsageError, match="another key"):
        async with registry_at(sqlite_url, clock, log_key=sqlite_url[10:] + ".other"):
            pass
