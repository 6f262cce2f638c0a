"""Registering and looking up."""

import asyncio
import base64

import msgspec
import pytest

from agentmesh.protocol.published import read_record
from agentmesh.protocol.signed import Purpose, Signed, sign
from tests.support.asking import Asker
from tests.support.registrant import DAY, Registrant

ALICE, BOB = Registrant("alice"), Registrant("bob")


async def test_an_agent_registers_and_is_found(registry: Asker) -> None:
    answer = await registry.register(ALICE, ALICE.record(1, "travel/flights"))
    assert answer.status == 201
    found = await registry.get(f"/v1/registry/lookup?amid={ALICE.amid}")
    assert found.status == 200
    assert found.json == answer.json
    assert found.json["display_name"] == "alice"
    assert found.json["capabilities"] == [{"category": "travel", "subcategory": "flights"}]
    public = "ed25519:" + base64.b64encode(ALICE.public).decode()
    assert found.json["signing_public_key"] == public


async def test_the_record_is_handed_out_as_it_was_signed(registry: Asker) -> None:
    signed = ALICE.record()
    await registry.register(ALICE, signed)
    found = (await registry.get(f"/v1/registry/lookup?amid={ALICE.amid}")).json
    handed_out = msgspec.msgpack.decode(base64.b64decode(found["record"]), type=Signed)
    assert handed_out == signed
    assert read_record(handed_out)[0].display_name == "alice"


async def test_nobody_has_a_tier_or_a_reputation_by_its_own_word(registry: Asker) -> None:
    record = base64.b64encode(msgspec.msgpack.encode(ALICE.record())).decode()
    body = {"record": record, "tier": 1, "reputation_score": 1}
    answer = await registry.post("/v1/registry/register", body, ALICE)
    assert answer.refusal == (400, "invalid_request")
    shown = (await registry.register(ALICE)).json
    assert (shown["tier"], shown["reputation_score"]) == (2, 0.5)
    assert (shown["ratings_count"], shown["reputation_status"]) == (0, "unrated")


async def test_a_higher_sequence_replaces_the_record(registry: Asker) -> None:
    await registry.register(ALICE, ALICE.record(1, "travel"))
    again = await registry.register(ALICE, ALICE.record(2, "finance"))
    assert (again.status, again.json["sequence"]) == (200, 2)
    assert (await registry.get("/v1/registry/search?capability=travel")).json["total"] == 0


@pytest.mark.parametrize("sequence", [4, 5])
async def test_a_sequence_that_does_not_rise_is_stale(registry: Asker, sequence: int) -> None:
    await registry.register(ALICE, ALICE.record(5))
    other = ALICE.record(sequence, display_name="mallory")
    assert (await registry.register(ALICE, other)).refusal == (409, "stale_record")


async def test_the_same_record_again_changes_nothing(registry: Asker) -> None:
    await registry.register(ALICE)
    assert (await registry.register(ALICE)).status == 200


async def test_an_agent_registers_itself_only(registry: Asker) -> None:
    record = msgspec.msgpack.encode(ALICE.record())
    answer = await registry.post("/v1/registry/register", {"record": record}, BOB)
    assert answer.refusal == (401, "signature_invalid")


async def test_a_record_by_another_key_is_refused(registry: Asker) -> None:
    forged = sign(ALICE.plain_record(), Purpose.RECORD, BOB.key)
    assert (await registry.register(BOB, forged)).refusal == (403, "amid_mismatch")


async def test_registering_at_once_leaves_one_agent(registry: Asker) -> None:
    records = [ALICE.record(n) for n in range(1, 9)]
    answers = await asyncio.gather(*(registry.register(ALICE, it) for it in records))
    assert {answer.status for answer in answers} <= {200, 201, 409}
    assert [answer.status for answer in answers].count(201) == 1
    found = await registry.get(f"/v1/registry/lookup?amid={ALICE.amid}")
    assert found.json["sequence"] == 8


async def test_a_token_that_was_never_issued_is_refused(light: Asker) -> None:
    record = msgspec.msgpack.encode(ALICE.record())
    body = {"record": record, "verification_token": "gold"}
    answer = await light.post("/v1/registry/register", body, ALICE)
    assert answer.refusal == (403, "verification_token_invalid")


async def test_a_stranger_is_not_found(registry: Asker) -> None:
    for target in (f"lookup?amid={BOB.amid}", f"did/{BOB.amid}"):
        assert (await registry.get(f"/v1/registry/{target}")).refusal == (404, "agent_not_found")


async def test_an_expired_record_is_not_found_and_may_be_renewed(registry: Asker) -> None:
    await registry.register(ALICE)
    registry.clock.advance(31 * DAY)
    target = f"/v1/registry/lookup?amid={ALICE.amid}"
    assert (await registry.get(target)).refusal == (404, "agent_not_found")
    later = Registrant("alice", registry.clock.now())
    assert (await registry.register(later, later.record(2))).status == 200
    assert (await registry.get(target)).status == 200


async def test_capabilities_replace_those_of_a_registered_agent(registry: Asker) -> None:
    new = {"record": msgspec.msgpack.encode(ALICE.record(2, "creative/music"))}
    early = await registry.post("/v1/registry/capabilities", new, ALICE)
    assert early.refusal == (404, "agent_not_found")
    await registry.register(ALICE)
    answer = await registry.post("/v1/registry/capabilities", new, ALICE)
    assert (answer.status, answer.json["sequence"]) == (200, 2)
    assert (await registry.get("/v1/registry/search?capability=creative/music")).json["total"] == 1


async def test_a_did_resolves_to_its_document(light: Asker) -> None:
    await light.register(ALICE)
    answer = await light.get(f"/v1/registry/did/did:agentmesh:{ALICE.amid}")
    assert answer.headers["Content-Type"] == "application/did+ld+json"
    assert answer.json["id"] == f"did:agentmesh:{ALICE.amid}"
    assert answer.json["versionId"] == "1"
