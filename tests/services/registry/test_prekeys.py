"""Prekeys: a one-time prekey is handed out once, or never."""

import asyncio
from typing import Any

import msgspec
import pytest
from agentmesh_registry.config import Rates

from agentmesh.protocol.published import read_prekeys
from agentmesh.protocol.records import PrekeyBundle
from agentmesh.protocol.requests import Request
from tests.support.asking import UNLIMITED, Asker, registry_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

ALICE, BOB = Registrant("alice"), Registrant("bob")
OF_ALICE = f"/v1/registry/prekeys/{ALICE.amid}"


async def both(registry: Asker, **numbers: int) -> Asker:
    await registry.register(ALICE)
    await registry.register(BOB)
    assert (await registry.publish(ALICE, **numbers)).status == 200
    return registry


def one_time(bundle: Any) -> int | None:
    return bundle["one_time"] and bundle["one_time"]["id"]


async def test_a_bundle_holds_what_was_published(registry: Asker) -> None:
    await both(registry)
    answer = await registry.get(OF_ALICE, BOB)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    bundle = msgspec.json.decode(answer.raw, type=PrekeyBundle)
    assert bundle.identity == ALICE.public
    assert read_prekeys(bundle, ALICE.amid) == read_prekeys(ALICE.upload(), ALICE.amid)
    assert bundle.one_time == ALICE.upload().one_time[0]


async def test_each_one_time_prekey_goes_out_once_and_then_none(registry: Asker) -> None:
    await both(registry, first=5, count=3)
    ids = [one_time((await registry.get(OF_ALICE, BOB)).json) for _ in range(5)]
    assert ids == [5, 6, 7, None, None]


async def test_fetching_at_once_never_hands_out_the_same_one(registry: Asker) -> None:
    await both(registry, count=20)
    answers = await asyncio.gather(*(registry.get(OF_ALICE, BOB) for _ in range(30)))
    ids = [one_time(answer.json) for answer in answers]
    given = [number for number in ids if number is not None]
    assert len(given) == len(set(given))
    left = (await registry.get(f"{OF_ALICE}/count", ALICE)).json["one_time"]
    assert left + len(given) == 20


@pytest.mark.parametrize("query", ["", "?one_time=false"])
async def test_a_request_that_came_before_fetches_nothing(registry: Asker, query: str) -> None:
    await both(registry)
    signed = registry.authorization(BOB, Request(registry.url, "GET", OF_ALICE + query))
    sending = (
        registry.send("GET", OF_ALICE + query, headers={"Authorization": signed}) for _ in range(4)
    )
    statuses = sorted(answer.status for answer in await asyncio.gather(*sending))
    assert statuses == [200, 401, 401, 401]
    left = (await registry.get(f"{OF_ALICE}/count", ALICE)).json["one_time"]
    assert left == (3 if query else 2)


async def test_who_left_none_and_who_is_not_there_are_told_apart(registry: Asker) -> None:
    await registry.register(ALICE)
    await registry.register(BOB)
    assert (await registry.get(OF_ALICE, BOB)).refusal == (404, "prekeys_not_found")
    nobody = f"/v1/registry/prekeys/{Registrant('nobody').amid}"
    signed = registry.authorization(BOB, Request(registry.url, "GET", nobody))
    asked = {"headers": {"Authorization": signed}}
    assert (await registry.send("GET", nobody, **asked)).refusal == (404, "agent_not_found")
    assert (await registry.send("GET", nobody, **asked)).refusal == (401, "replayed")


async def test_looking_without_taking_spends_nothing(registry: Asker) -> None:
    await both(registry)
    assert one_time((await registry.get(f"{OF_ALICE}?one_time=false", BOB)).json) is None
    assert (await registry.get(f"{OF_ALICE}/count", ALICE)).json["one_time"] == 3


async def test_new_prekeys_join_the_old_ones(registry: Asker) -> None:
    await both(registry, first=1, count=2)
    shelf = (await registry.publish(ALICE, first=3, count=2, number=2)).json
    assert shelf == {
        "one_time": 4,
        "last_one_time_id": 4,
        "signed_prekey_id": 2,
        "kem_prekey_id": 2,
        "low_prekeys": True,
    }


async def test_an_id_never_comes_back(registry: Asker) -> None:
    await both(registry, first=1, count=3)
    await registry.get(OF_ALICE, BOB)
    for first in (1, 3):
        answer = await registry.publish(ALICE, first=first, count=5)
        assert answer.refusal == (409, "prekey_id_reused")
    assert (await registry.get(f"{OF_ALICE}/count", ALICE)).json["one_time"] == 2


async def test_a_repeated_upload_changes_nothing(registry: Asker) -> None:
    await both(registry, first=1, count=3)
    await registry.get(OF_ALICE, BOB)
    again = await registry.publish(ALICE, first=1, count=3)
    assert (again.status, again.json["one_time"]) == (200, 2)


async def test_at_the_bound_the_oldest_make_room(registry: Asker) -> None:
    await both(registry, first=1, count=100)
    shelf = (await registry.publish(ALICE, first=101, count=30)).json
    assert (shelf["one_time"], shelf["low_prekeys"]) == (100, False)
    assert one_time((await registry.get(OF_ALICE, BOB)).json) == 31


async def test_ids_rise_within_an_upload(light: Asker) -> None:
    await light.register(ALICE)
    upload = ALICE.upload()
    mixed = msgspec.structs.replace(upload, one_time=upload.one_time[::-1])
    answer = await light.post("/v1/registry/prekeys", mixed, ALICE)
    assert answer.refusal == (409, "prekey_id_reused")


async def test_an_older_signed_prekey_does_not_return(registry: Asker) -> None:
    await both(registry, number=2)
    answer = await registry.publish(ALICE, first=50, number=1)
    assert answer.refusal == (409, "prekey_id_reused")


async def test_rotating_keeps_the_one_time_prekeys(registry: Asker) -> None:
    await both(registry, first=1, count=3)
    shelf = (await registry.publish(ALICE, count=0, number=2)).json
    assert (shelf["one_time"], shelf["signed_prekey_id"]) == (3, 2)
    assert one_time((await registry.get(OF_ALICE, BOB)).json) == 1


@pytest.mark.parametrize("field", ["exchange_key", "signed_prekey", "kem_prekey", "suites"])
async def test_a_foreign_key_is_not_kept(light: Asker, field: str) -> None:
    await light.register(ALICE)
    mixed = msgspec.structs.replace(ALICE.upload(), **{field: getattr(BOB.upload(), field)})
    answer = await light.post("/v1/registry/prekeys", mixed, ALICE)
    assert answer.refusal == (403, "amid_mismatch")
    assert (await light.get(OF_ALICE, ALICE)).refusal == (404, "prekeys_not_found")


async def test_too_many_at_once_are_refused(light: Asker) -> None:
    await light.register(ALICE)
    answer = await light.publish(ALICE, count=101)
    assert answer.refusal == (400, "invalid_request")


async def test_only_registered_agents_fetch(light: Asker) -> None:
    await light.register(ALICE)
    assert (await light.get(OF_ALICE)).refusal == (401, "unauthorized")
    assert (await light.get(OF_ALICE, BOB)).refusal == (401, "unknown_signer")


async def test_only_the_owner_counts(light: Asker) -> None:
    await both(light)
    assert (await light.get(f"{OF_ALICE}/count", BOB)).refusal == (403, "not_permitted")


async def test_one_agent_cannot_drain_another(sqlite_url: str, clock: FakeClock) -> None:
    rates = msgspec.structs.replace(UNLIMITED, one_time_pair=2)
    async with registry_at(sqlite_url, clock, rates) as registry:
        await both(registry, count=10)
        ids = [one_time((await registry.get(OF_ALICE, BOB)).json) for _ in range(4)]
        assert ids == [1, 2, None, None]


async def test_many_agents_cannot_drain_one_nor_keep_others_away(
    sqlite_url: str, clock: FakeClock
) -> None:
    rates = msgspec.structs.replace(UNLIMITED, one_time=2)
    async with registry_at(sqlite_url, clock, rates) as registry:
        await both(registry, count=10)
        answers = []
        for number in range(4):
            sybil = Registrant(f"sybil {number}")
            await registry.register(sybil)
            answers.append(await registry.get(OF_ALICE, sybil))
        assert [one_time(answer.json) for answer in answers] == [1, 2, None, None]
        clock.advance(60)
        assert one_time((await registry.get(OF_ALICE, BOB)).json) == 3


async def test_a_requester_has_a_rate(sqlite_url: str, clock: FakeClock) -> None:
    async with registry_at(sqlite_url, clock, Rates(fetches=2)) as registry:
        await both(registry)
        for _ in range(2):
            assert (await registry.get(OF_ALICE, BOB)).status == 200
        answer = await registry.get(OF_ALICE, BOB)
        assert answer.refusal == (429, "rate_limited")
        assert answer.headers["Retry-After"] == str(answer.json["retry_after_seconds"]) == "30"
