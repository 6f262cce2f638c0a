"""What a relay may not say, and who is no relay: refused as a problem, and nothing is changed."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
from agentmesh_registry.relays import Relays, relay_named

from agentmesh.protocol.absences import PATH
from agentmesh.protocol.limits import MAX_ABSENCES
from agentmesh.protocol.relay_key import RelayKey
from agentmesh.protocol.requests import Request, parse
from tests.support.asking import Answer, Asker, registry_at
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

HERE = "ws://127.0.0.1:1"  # where registrants are
ALICE, RELAY, STRANGER = (Registrant(name) for name in ("alice", "relay", "another relay"))
NAMED = (RelayKey(HERE, RELAY.public),)
ONE = {"amid": ALICE.amid, "ago_ms": 0}
GOOD: dict[str, Any] = {"gone": [ONE]}


@pytest.fixture
async def mesh(sqlite_url: str, clock: FakeClock) -> AsyncIterator[Asker]:
    """A registry where Alice is online; leaving sees to it that she still is."""
    async with registry_at(sqlite_url, clock, relays=NAMED) as asker:
        await asker.register(ALICE)
        await asker.post("/v1/registry/status", {"status": "online"}, ALICE)
        asker.clock.advance(20)
        before = await asker.lookup(ALICE)
        yield asker
        after, found = await asker.lookup(ALICE), await asker.get("/v1/registry/search")
        for answer in (before.json, after.json):
            del answer["log"]
        assert after.json == before.json | {"log": after.json["log"]}
        assert [it["status"] for it in found.json["results"]] == ["online"]


def header(registry: Asker, by: Registrant = RELAY, **changes: Any) -> str:
    request = Request(registry.url, "POST", PATH, msgspec.json.encode(GOOD))
    return registry.authorization(by, msgspec.structs.replace(request, **changes))


async def send(registry: Asker, signed: str, body: object = GOOD) -> Answer:
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return await registry.send("POST", PATH, data, {"Authorization": signed} if signed else {})


def as_another(registry: Asker) -> str:
    name, _, rest = header(registry, STRANGER).partition(":")
    return f"AgentMesh {RELAY.amid}:{rest}" if name else ""


SIGNERS: dict[str, tuple[Callable[[Asker], str], str]] = {
    "nobody": (lambda _: "", "unauthorized"),
    "a header of garbage": (lambda _: "AgentMesh x:y:z", "unauthorized"),
    "a relay that was not named": (lambda it: header(it, STRANGER), "unknown_signer"),
    "the agent itself": (lambda it: header(it, ALICE), "unknown_signer"),
    "another key in a relay's name": (as_another, "signature_invalid"),
    "for another registry": (
        lambda it: header(it, audience="https://other.example"),
        "signature_invalid",
    ),
    "for another route": (
        lambda it: header(it, target="/v1/registry/status"),
        "signature_invalid",
    ),
    "as another method": (lambda it: header(it, method="GET"), "signature_invalid"),
    "over another body": (lambda it: header(it, body=b"{}"), "signature_invalid"),
}


@pytest.mark.parametrize(("forge", "code"), SIGNERS.values(), ids=SIGNERS)
async def test_whoever_is_not_the_relay_is_refused(
    mesh: Asker, forge: Callable[[Asker], str], code: str
) -> None:
    assert (await send(mesh, forge(mesh))).refusal == (401, code)


@pytest.mark.parametrize("seconds", [301, -61])
async def test_a_request_of_another_time_is_refused(mesh: Asker, seconds: int) -> None:
    signed = header(mesh)
    mesh.clock.jump(seconds)
    assert (await send(mesh, signed)).refusal == (401, "timestamp_expired")
    mesh.clock.jump(-seconds)


async def test_the_same_request_does_not_count_twice(sqlite_url: str, clock: FakeClock) -> None:
    origin = "https://registry.example"
    settings: dict[str, Any] = {"relays": NAMED, "origins": (origin,)}
    async with registry_at(sqlite_url, clock, **settings) as first:
        signed = header(first, audience=origin)
        assert (await send(first, signed)).status == 200
        assert (await send(first, signed)).refusal == (401, "replayed")
    async with registry_at(sqlite_url, clock, **settings) as second:
        assert (await send(second, signed)).refusal == (401, "replayed")


GARBAGE: dict[str, object] = {
    "no JSON": b"\xff\x00gone",
    "nested without end": b"[" * 100_000,
    "a list": [ONE],
    "nobody": {"gone": []},
    "nothing": {},
    "too many": {"gone": [ONE] * (MAX_ABSENCES + 1)},
    "a status": {"gone": [ONE | {"status": "online"}]},
    "one field more": GOOD | {"status": "online"},
    "no age": {"gone": [{"amid": ALICE.amid}]},
    "an age below zero": {"gone": [ONE | {"ago_ms": -1}]},
    "an age in words": {"gone": [ONE | {"ago_ms": "1"}]},
    "older than a presence can be": {"gone": [ONE | {"ago_ms": 300_001}]},
    "a name too long": {"gone": [ONE | {"amid": "1" * 29}]},
    "no name": {"gone": [ONE, ONE | {"amid": "0OIl" * 6}]},
    "a DID": {"gone": [ONE | {"amid": f"did:agentmesh:{ALICE.amid}"}]},
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE)
async def test_what_is_no_absence_is_refused_whole(mesh: Asker, body: object) -> None:
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    status, code = (await send(mesh, header(mesh, body=data), data)).refusal
    assert (status, code) in {(400, "invalid_request"), (400, "invalid_amid")}


async def test_what_is_too_large_is_not_read(mesh: Asker) -> None:
    data = msgspec.json.encode(GOOD) + b" " * 256 * 1024
    assert (await send(mesh, header(mesh, body=data), data)).refusal == (413, "body_too_large")


async def test_a_relays_key_opens_nothing_else(mesh: Asker) -> None:
    for path, said in (
        ("/v1/registry/status", {"status": "online"}),
        ("/v1/registry/prekeys", RELAY.upload()),
    ):
        assert (await mesh.post(path, said, RELAY)).refusal == (401, "unknown_signer")


async def test_without_named_relays_none_is_believed(light: Asker) -> None:
    assert (await send(light, header(light))).refusal == (401, "unknown_signer")


def test_a_key_may_be_that_of_several_relays_and_a_relay_have_several() -> None:
    other = RelayKey("wss://two.example", RELAY.public)
    relays = Relays((*NAMED, other, RelayKey(HERE, STRANGER.public)))
    given = parse(f"AgentMesh {RELAY.amid}:1800000000:{'n' * 22}:{'s' * 86}")
    claim = relays.claim(given)
    assert (claim.key, claim.origins) == (RELAY.public, {HERE, other.origin})
    assert claim.said_at == 1_800_000_000_999
    given = parse(f"AgentMesh {STRANGER.amid}:1800000000:{'n' * 22}:{'s' * 86}")
    assert relays.claim(given).origins == {HERE}


@pytest.mark.parametrize(
    ("endpoint", "origin"),
    [
        ("wss://Relay.example/v1/connect", "wss://relay.example"),
        ("ws://[::1]:9/", "ws://[::1]:9"),
        ("https://relay.example", ""),
    ],
)
def test_a_record_names_a_relay_by_its_origin(endpoint: str, origin: str) -> None:
    signed = msgspec.msgpack.encode(ALICE.record(1, relay_endpoint=endpoint))
    assert relay_named(signed) == origin
