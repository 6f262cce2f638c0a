"""A signed request counts once, here, as it was signed, and for a short time."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from agentmesh_registry.config import Rates

from agentmesh.protocol.requests import Request
from tests.support.asking import Answer, Asker, registry_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

ALICE, BOB = Registrant("alice"), Registrant("bob")
STATUS = "/v1/registry/status"
BODY = b'{"status":"away"}'


async def send(registry: Asker, header: str, body: bytes = BODY, target: str = STATUS) -> Answer:
    return await registry.send("POST", target, body, {"Authorization": header})


def header(registry: Asker, by: Registrant = ALICE, **changes: str) -> str:
    request = Request(registry.url, "POST", STATUS, BODY)
    return registry.authorization(by, msgspec.structs.replace(request, **changes))


async def test_the_same_request_does_not_count_twice(registry: Asker) -> None:
    await registry.register(ALICE)
    signed = header(registry)
    assert (await send(registry, signed)).status == 200
    assert (await send(registry, signed)).refusal == (401, "replayed")


async def test_the_same_request_at_once_counts_once(registry: Asker) -> None:
    await registry.register(ALICE)
    signed = header(registry)
    answers = await asyncio.gather(*(send(registry, signed) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200, *[401] * 7]


async def test_a_restart_forgets_no_request(database_url: str, clock: FakeClock) -> None:
    origins = ("https://registry.example",)
    async with registry_at(database_url, clock, origins=origins) as first:
        first_header = header(first, audience=origins[0])
        record = msgspec.msgpack.encode(ALICE.record())
        body = msgspec.json.encode({"record": record})
        request = Request(origins[0], "POST", "/v1/registry/register", body)
        registering = first.authorization(ALICE, request)
        assert (await send(first, registering, body, request.target)).status == 201
        assert (await send(first, first_header)).status == 200
    async with registry_at(database_url, clock, origins=origins) as second:
        assert (await send(second, first_header)).refusal == (401, "replayed")


async def test_a_request_for_another_registry_does_not_count(light: Asker) -> None:
    await light.register(ALICE)
    signed = header(light, audience="https://other.example")
    answer = await send(light, signed)
    assert answer.refusal == (401, "signature_invalid")
    assert light.url in answer.json["hint"]


async def test_on_loopback_both_names_are_ours(light: Asker) -> None:
    await light.register(ALICE)
    signed = header(light, audience=light.url.replace("127.0.0.1", "localhost"))
    assert (await send(light, signed)).status == 200


async def test_a_changed_body_or_path_does_not_count(light: Asker) -> None:
    await light.register(ALICE)
    changed = await send(light, header(light), b'{"status":"online"}')
    assert changed.refusal == (401, "signature_invalid")
    moved = await send(light, header(light), target=STATUS + "?a=1")
    assert moved.refusal == (401, "signature_invalid")


@pytest.mark.parametrize("seconds", [301, -61])
async def test_a_wrong_clock_is_named(light: Asker, seconds: int) -> None:
    await light.register(ALICE)
    signed = header(light)
    light.clock.jump(seconds)
    answer = await send(light, signed)
    assert answer.refusal == (401, "timestamp_expired")
    assert answer.json["server_time"].startswith("2027-01-15T0")
    assert answer.headers["WWW-Authenticate"] == "AgentMesh"


async def test_a_stranger_is_unknown(light: Asker) -> None:
    assert (await send(light, header(light, BOB))).refusal == (401, "unknown_signer")


async def test_an_agent_has_a_rate_that_nobody_else_can_use_up(
    tmp_path: Path, clock: FakeClock
) -> None:
    rates = Rates(requests=0, agent_requests=3)
    async with registry_at(f"{tmp_path}/r.db", clock, rates) as registry:
        await registry.register(ALICE)
        for _ in range(5):
            forged = header(registry)[:-4] + "AAAA"
            assert (await send(registry, forged)).status == 401
        assert [(await send(registry, header(registry))).status for _ in range(3)] == [
            200,
            200,
            429,
        ]
