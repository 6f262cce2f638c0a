"""From HTTP to a route: whatever comes is answered in one form, and never by a bug of ours."""

import asyncio
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from agentmesh_registry.config import Rates
from agentmesh_registry.routes.table import ROUTES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from agentmesh.protocol.requests import Request
from tests.support.asking import Answer, Asker, registry_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

ALICE = Registrant("alice")
REGISTER = "/v1/registry/register"
# Looks signed: enough to have the body read.
LOOKS = {"Authorization": f"AgentMesh {ALICE.amid}:1:{'A' * 22}:{'A' * 86}"}
JSON = {"Content-Type": "application/json", **LOOKS}


async def test_what_is_not_there_is_a_problem_too(light: Asker) -> None:
    assert (await light.get("/nothing")).refusal == (404, "not_found")
    wrong = await light.send("DELETE", REGISTER)
    assert wrong.refusal == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "POST"


async def test_the_body_has_a_bound(light: Asker) -> None:
    largest = (b'{"record":"' + b"A" * (255 * 1024) + b'"}').ljust(256 * 1024)
    assert (await light.send("POST", REGISTER, largest, LOOKS)).refusal == (
        400,
        "document_malformed",
    )
    answer = await light.send("POST", REGISTER, largest + b" ", LOOKS)
    assert answer.refusal == (413, "body_too_large")


async def test_a_body_that_does_not_come_is_not_waited_for(
    sqlite_url: str, clock: FakeClock
) -> None:
    async with registry_at(sqlite_url, clock, arrival_seconds=0.1) as registry:
        url = URL(registry.url)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        headers = {"Host": "a", "Content-Length": "9", **JSON}
        lines = [f"POST {REGISTER} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items()), "", "{"]
        writer.write("\r\n".join(lines).encode())
        try:
            status = await asyncio.wait_for(reader.readline(), 60)
            assert status == b"HTTP/1.1 408 Request Timeout\r\n"
        finally:
            writer.close()
            await writer.wait_closed()


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Content-Encoding": "deflate"},
    ],
    ids=str,
)
async def test_only_plain_json_is_read(light: Asker, headers: dict[str, str]) -> None:
    answer = await light.send("POST", REGISTER, zlib.compress(b"{}"), {**LOOKS, **headers})
    assert answer.refusal == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 100_000,
        b'{"record":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"record":"\xff"}',
        b'{"record":"A","record":"AAAA"}',
        b'{"record":"AAAA","tier":1}',
        b'{"record":NaN}',
        b'{"record":' + b"9" * 5000 + b"}",
        b'{"record":"\\ud800"}',
    ],
    ids=lambda body: str(body[:30]),
)
async def test_bombs_are_refused(light: Asker, body: bytes) -> None:
    answer = await light.send("POST", REGISTER, body, LOOKS)
    assert answer.refusal[0] == 400


async def test_an_address_has_a_rate(sqlite_url: str, clock: FakeClock) -> None:
    async with registry_at(sqlite_url, clock, Rates(requests=2)) as registry:
        statuses = [(await registry.get("/v1/stats")).status for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert (await registry.get("/healthz")).status == 200


async def test_registering_has_a_rate_of_its_own(sqlite_url: str, clock: FakeClock) -> None:
    async with registry_at(sqlite_url, clock, Rates(registrations=1)) as registry:
        assert (await registry.register(ALICE)).status == 201
        assert (await registry.register(Registrant("bob"))).refusal == (429, "rate_limited")
        assert (await registry.get("/v1/stats")).status == 200


async def test_only_a_trusted_proxy_names_addresses(tmp_path: Path, clock: FakeClock) -> None:
    async def ask(registry: Asker) -> list[int]:
        seen = []
        for number in range(3):
            headers = {"X-Forwarded-For": f"6.6.6.6, 10.0.0.{number}"}
            seen.append((await registry.send("GET", "/v1/stats", b"", headers)).status)
        return seen

    rates = Rates(requests=1)
    async with registry_at(f"{tmp_path}/a.db", clock, rates) as registry:
        assert await ask(registry) == [200, 429, 429]
    async with registry_at(f"{tmp_path}/b.db", clock, rates, trust_proxy=True) as registry:
        assert await ask(registry) == [200, 200, 200]


async def test_a_proxy_that_adds_a_line_of_its_own_is_believed_and_not_the_line_before(
    sqlite_url: str, clock: FakeClock
) -> None:
    rates = Rates(requests=1)
    async with registry_at(sqlite_url, clock, rates, trust_proxy=True) as registry:
        statuses = []
        for number in range(3):
            lines = [("X-Forwarded-For", f"6.6.6.{number}"), ("X-Forwarded-For", "10.0.0.1")]
            url = registry.url + "/v1/stats"
            async with registry.session.get(url, headers=lines) as response:
                statuses.append(response.status)
        assert statuses == [200, 429, 429]


# Fuzzing: one registry on its own loop answers all examples.

TEXTS = st.text(max_size=40) | st.sampled_from([ALICE.amid, "did:agentmesh:x", "\0", "travel"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["record", "status", "amid", "one_time", "capability", "limit", "offset", "tier_min", "suites"]
)
SIGNED = st.dictionaries(st.sampled_from(["payload", "signer", "signature"]), TEXTS, max_size=3)
BODIES = st.binary(max_size=60) | st.dictionaries(NAMES, VALUES | SIGNED, max_size=4).map(
    lambda value: json.dumps(value).encode()
)
QUERY_LETTERS = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#")
QUERIES = st.text(QUERY_LETTERS, max_size=40) | st.dictionaries(
    NAMES, st.integers().map(str), max_size=3
).map(lambda query: "&".join(f"{name}={value}" for name, value in query.items()))


async def _ask(registry: Asker, route: Any, body: bytes, query: str, amid: str) -> Answer:
    path = route.path.replace("{amid}", amid) + (f"?{query}" if query else "")
    request = Request(registry.url, route.method, path, body if route.method == "POST" else b"")
    headers = {**JSON, "Authorization": registry.authorization(ALICE, request)}
    return await registry.send(route.method, path, request.body, headers)


def test_rubbish_is_never_a_bug_of_ours(database_url: str) -> None:
    """Signed by a registered agent, so that it gets past the door."""
    with asyncio.Runner() as runner:
        serving = registry_at(database_url, FakeClock())
        registry = runner.run(serving.__aenter__())
        runner.run(registry.register(ALICE))
        runner.run(registry.publish(ALICE))

        @settings(max_examples=400, suppress_health_check=list(HealthCheck))
        @given(st.sampled_from(ROUTES), BODIES, QUERIES, st.sampled_from([ALICE.amid, "x", "%00"]))
        def ask(route: Any, body: bytes, query: str, amid: str) -> None:
            answer = runner.run(_ask(registry, route, body, query, amid))
            assert answer.status < 500, answer.raw
            if answer.status >= 400:
                assert answer.refusal[1] != "internal_error"

        try:
            ask()
        finally:
            runner.run(serving.__aexit__(None, None, None))
