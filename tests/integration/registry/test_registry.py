"""The client against a real registry."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from agentmesh_registry.config import Rates

from agentmesh.discovery.book import Memory
from agentmesh.discovery.interface import Query, RateLimited
from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.errors import Refused, TransportError, UsageError
from agentmesh.protocol.feedback import Feedback
from tests.support.asking import Asker, registry_at
from tests.support.lying_registry import Json, Refusal, lying
from tests.support.ratings import receipt
from tests.support.registrant import Registrant
from tests.support.world import FakeClock, FakeEntropy

ALICE, BOB = Registrant("alice"), Registrant("bob")


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Asker]:
    async with registry_at(f"{tmp_path}/registry.db", FakeClock()) as asker:
        yield asker


def directory(agent: Registrant, url: str, clock: FakeClock | None = None) -> RegistryDirectory:
    return RegistryDirectory(url, agent, (clock or FakeClock(), FakeEntropy(agent.name)), Memory())


Both = tuple[RegistryDirectory, RegistryDirectory]


@pytest.fixture
async def both(registry: Asker) -> AsyncIterator[Both]:
    """Alice's and Bob's directory; both are registered, and Alice has prekeys there."""
    async with (
        directory(ALICE, registry.url, registry.clock) as alice,
        directory(BOB, registry.url, registry.clock) as bob,
    ):
        await alice.register(ALICE.record(1, "travel/flights"))
        await bob.register(BOB.record(1, "finance"))
        await alice.publish_prekeys(ALICE.upload(1, 3))
        yield alice, bob


async def test_an_agent_finds_another(both: Both) -> None:
    found = await both[1].lookup(ALICE.amid)
    assert found.signed == ALICE.record(1, "travel/flights")
    assert (found.tier, found.reputation, found.status) == (2, 0.5, "offline")


async def test_a_stranger_is_not_found(both: Both) -> None:
    with pytest.raises(Refused) as caught:
        await both[0].lookup(Registrant("carol").amid)
    assert caught.value.code == "agent_not_found"


async def test_a_bundle_spends_one_time_prekeys_only_if_it_is_to(both: Both) -> None:
    alice, bob = both
    assert (await bob.bundle(ALICE.amid, one_time=False)).one_time is None
    first = (await bob.bundle(ALICE.amid)).one_time
    assert first is not None
    assert first.id == 1
    count = await alice.prekey_count()
    assert (count.one_time, count.last_one_time_id, count.low_prekeys) == (2, 3, True)


async def test_an_agent_without_prekeys_has_no_bundle(both: Both) -> None:
    with pytest.raises(Refused) as caught:
        await both[0].bundle(BOB.amid)
    assert caught.value.code == "prekeys_not_found"


async def test_presence_is_seen_by_others(both: Both, registry: Asker) -> None:
    await both[0].set_status("dnd")
    found = await both[1].lookup(ALICE.amid)
    assert (found.status, found.last_seen) == ("dnd", registry.clock.now())


async def test_a_search_finds_by_capability(both: Both) -> None:
    page = await both[1].search(Query(capability="travel", tier_min=2, status="offline"))
    assert [one.amid for one in page.results] == [ALICE.amid]
    assert (page.total, page.rejected) == (1, 0)
    first = await both[1].search(Query(limit=1))
    assert (first.total, len(first.results)) == (2, 1)
    second = await both[1].search(Query(limit=1, after=first.next or ""))
    assert {one.amid for one in (*first.results, *second.results)} == {ALICE.amid, BOB.amid}
    assert second.next is None


async def test_a_rating_is_news_once_and_shows(both: Both) -> None:
    alice, bob = both
    held = receipt(BOB, ALICE, "s1")
    assert await bob.rate(held, Feedback(score=1, tags=("helpful",)))
    assert not await bob.rate(held, Feedback(score=0))
    shown = await alice.reputation(ALICE.amid)
    assert (shown.ratings_count, shown.completed) == (1, 1)
    assert [(it.tag, it.others) for it in shown.tags] == [("helpful", 1)]


async def test_a_refusal_keeps_the_registrys_code(both: Both) -> None:
    with pytest.raises(Refused) as caught:
        await both[0].register(ALICE.record(0))
    assert caught.value.code == "stale_record"
    assert "sequence" in caught.value.hint


async def test_a_wrong_clock_is_noticed_and_named(both: Both, registry: Asker) -> None:
    registry.clock.jump(-10_000)
    late = FakeClock(registry.clock.now() + 10_000)
    async with directory(ALICE, registry.url, late) as alice:
        with pytest.raises(Refused) as caught:
            await alice.set_status("online")
        assert caught.value.code == "timestamp_expired"
        assert "10000 seconds ahead" in caught.value.message


async def test_too_often_says_when_to_come_again(tmp_path: Path) -> None:
    rates = Rates(agent_requests=1)
    async with (
        registry_at(f"{tmp_path}/r.db", FakeClock(), rates) as registry,
        directory(ALICE, registry.url, registry.clock) as alice,
    ):
        await alice.register(ALICE.record())
        with pytest.raises(RateLimited) as caught:
            await alice.set_status("online")
        assert caught.value.retry_after == 60


async def test_a_registry_that_is_gone_is_a_transport_error_and_shows(registry: Asker) -> None:
    async with directory(ALICE, "http://127.0.0.1:1") as alice:
        assert alice.status()[0].state == "unknown"
        with pytest.raises(TransportError) as caught:
            await alice.lookup(BOB.amid)
        assert caught.value.code == "registry_unreachable"
        assert caught.value.message.endswith(": nobody can be reached at that address.")
        [status] = alice.status()
        assert (status.state, status.reason) == ("down", "registry_unreachable")


async def test_a_registry_that_answers_shows_too(both: Both, registry: Asker) -> None:
    [status] = both[0].status()
    assert (status.state, status.url) == ("up", registry.url)
    assert status.last_answer_at == registry.clock.now()
    assert status.clock_offset is not None


async def test_that_a_registry_answers_again_is_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    async with lying(tmp_path) as liar, directory(ALICE, liar.url, liar.clock) as alice:
        alice.tell_when_reached(lambda: told.append("reached"))
        await alice.register(ALICE.record())
        assert told == []
        liar.twist = _is_down
        with pytest.raises(TransportError):
            await alice.lookup(ALICE.amid)
        liar.be_honest()
        for _ in range(2):
            await alice.lookup(ALICE.amid)
    assert told == ["reached"]


def _is_down(_: str, __: Json) -> Json:
    raise Refusal(503, "unavailable")


async def test_a_directory_is_entered_before_it_is_used() -> None:
    with pytest.raises(UsageError):
        await directory(ALICE, "http://127.0.0.1:1").lookup(BOB.amid)
