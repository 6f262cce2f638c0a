"""Several directories as one."""

import asyncio

import pytest

from agentmesh.discovery.chain import CACHE_ENTRIES, CACHE_SECONDS, Chain
from agentmesh.discovery.interface import Directory, Found, Query
from agentmesh.errors import (
    AgentMeshError,
    Refused,
    RemoteProtocolError,
    TransportError,
    UsageError,
)
from agentmesh.protocol.feedback import Feedback
from agentmesh.protocol.ids import Amid
from tests.support.directories import FakeDirectory
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

ALICE, BOB = Registrant("alice"), Registrant("bob")


def chain(*directories: Directory) -> tuple[Chain, FakeClock]:
    clock = FakeClock()
    return Chain(directories, clock), clock


async def test_who_was_found_is_remembered_for_five_minutes() -> None:
    registry = FakeDirectory("registry", ALICE)
    both, clock = chain(registry)
    first = await both.lookup(ALICE.amid)
    clock.advance(CACHE_SECONDS - 1)
    assert await both.lookup(ALICE.amid) == first
    clock.advance(1)
    assert await both.lookup(ALICE.amid) != first
    assert registry.asked == ["lookup", "lookup"]


async def test_who_is_forgotten_or_registers_again_is_looked_up_again() -> None:
    registry = FakeDirectory("registry", ALICE)
    both, _ = chain(registry)
    await both.lookup(ALICE.amid)
    both.forget(ALICE.amid)
    await both.lookup(ALICE.amid)
    await both.register(ALICE.record())
    await both.lookup(ALICE.amid)
    assert registry.asked == ["lookup", "lookup", "register", "lookup"]


async def test_the_memory_has_a_bound_and_keeps_who_was_asked_for_last() -> None:
    many = [Registrant(f"agent {number}") for number in range(CACHE_ENTRIES + 1)]
    registry = FakeDirectory("registry", *many)
    both, _ = chain(registry)
    for agent in many[:-1]:
        await both.lookup(agent.amid)
    await both.lookup(many[0].amid)
    await both.lookup(many[-1].amid)
    asked = len(registry.asked)
    await both.lookup(many[0].amid)
    assert len(registry.asked) == asked
    await both.lookup(many[1].amid)
    assert len(registry.asked) == asked + 1


async def test_a_bundle_is_always_fresh() -> None:
    registry = FakeDirectory("registry", ALICE)
    both, _ = chain(registry)
    bundles = [await both.bundle(ALICE.amid) for _ in range(2)]
    assert bundles[0].one_time != bundles[1].one_time
    assert (await both.bundle(ALICE.amid, one_time=False)).one_time is None


@pytest.mark.parametrize(
    "failure",
    [
        TransportError("registry_unreachable"),
        RemoteProtocolError("record_swapped"),
        Refused("agent_not_found"),
    ],
    ids=lambda failure: failure.code,
)
async def test_the_next_one_helps_where_the_first_cannot(failure: AgentMeshError) -> None:
    registry, dht = FakeDirectory("registry"), FakeDirectory("dht", BOB)
    registry.fails_with = failure
    both, _ = chain(registry, dht)
    assert (await both.lookup(BOB.amid)).amid == BOB.amid
    assert (registry.asked, dht.asked) == (["lookup"], ["lookup"])


async def test_a_refusal_is_final() -> None:
    registry, dht = FakeDirectory("registry", ALICE), FakeDirectory("dht", ALICE)
    registry.fails_with = Refused("stale_record")
    both, _ = chain(registry, dht)
    with pytest.raises(Refused, match="stale_record"):
        await both.register(ALICE.record())
    assert dht.asked == []


async def test_when_nobody_helps_the_first_answer_counts() -> None:
    registry, dht = FakeDirectory("registry"), FakeDirectory("dht")
    registry.fails_with = TransportError("registry_unreachable")
    both, _ = chain(registry, dht)
    with pytest.raises(TransportError) as caught:
        await both.lookup(BOB.amid)
    assert caught.value.code == "registry_unreachable"


async def test_a_failure_is_not_remembered() -> None:
    registry = FakeDirectory("registry", ALICE)
    both, _ = chain(registry)
    registry.fails_with = TransportError("registry_unreachable")
    with pytest.raises(TransportError):
        await both.lookup(ALICE.amid)
    registry.fails_with = None
    assert (await both.lookup(ALICE.amid)).amid == ALICE.amid


async def test_everything_else_is_passed_on() -> None:
    registry = FakeDirectory("registry", ALICE)
    both, _ = chain(registry)
    assert (await both.publish_prekeys(ALICE.upload())).one_time == 1
    assert (await both.prekey_count()).low_prekeys
    await both.set_status("away")
    assert (await both.search(Query())).total == 1
    assert (await both.reputation(ALICE.amid)).reputation_status == "unrated"
    news = [await both.rate(b"", Feedback(score=1)) for _ in range(2)]
    assert news == [True, False]
    assert await both.providers() == ("github", "email")
    assert (await both.begin_proof("github", "")).url
    assert (await both.prove("a", "c")).amid == ALICE.amid
    await both.publish_schema(ALICE.schema("x-acme/invoice/v1"))
    assert (await both.schema("x-acme/invoice/v1")).author == ALICE.amid
    asked = ["publish_prekeys", "prekey_count", "set_status away", "search", "reputation"]
    assert registry.asked[:5] == asked
    assert [one.name for one in both.status()] == ["registry"]


def test_a_chain_of_nothing_is_none() -> None:
    with pytest.raises(UsageError):
        Chain((), FakeClock())


async def test_what_is_cut_asks_nobody_and_waits_for_no_answer() -> None:
    class Hanging(FakeDirectory):
        async def lookup(self, amid: Amid) -> Found:
            await asyncio.Event().wait()
            raise AssertionError

    both, _ = chain(Hanging("registry"))
    asking = asyncio.ensure_future(both.lookup(ALICE.amid))
    await asyncio.sleep(0)
    both.cut()
    with pytest.raises(TransportError, match="is stopped"):
        await asyncio.wait_for(asking, 60)
    with pytest.raises(TransportError, match="is stopped"):
        await both.prekey_count()


async def test_what_is_mended_asks_again() -> None:
    registry = FakeDirectory("registry", ALICE)
    both, _ = chain(registry)
    both.cut()
    both.mend()
    assert (await both.lookup(ALICE.amid)).amid == ALICE.amid
