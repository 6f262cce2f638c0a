"""A revoked identity is revoked for everybody, for good, and in the log."""

import asyncio
import base64

import msgspec
import pytest
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.revoking import Revocations
from nacl.signing import SigningKey

from agentmesh.protocol.revocation import Revocation
from agentmesh.protocol.signed import Purpose, Signed, sign
from agentmesh.protocol.transparency import LogPage, document_hash, read_entry, subject_of
from tests.services.registry.test_ledger import check, decoded, log_of
from tests.support.asking import Asker
from tests.support.registrant import DAY, Registrant

ALICE, BOB, CAROL = Registrant("alice"), Registrant("bob"), Registrant("carol")


async def revoked(registry: Asker, signed: Signed | None = None) -> Signed:
    """Register Alice with her prekeys, and take her identity back."""
    await registry.register(ALICE, ALICE.record(1, "travel"))
    await registry.publish(ALICE)
    await registry.register(BOB)
    signed = signed or ALICE.revocation()
    answer = await registry.revoke(ALICE, signed)
    assert answer.status == 200, answer.raw
    return signed


async def test_a_revocation_is_shown_with_its_proof(registry: Asker) -> None:
    signed = await revoked(registry)
    answer = await registry.get(f"/v1/registry/revocation?amid={ALICE.amid}")
    shown = base64.b64decode(answer.json["revocation"])
    assert msgspec.msgpack.decode(shown, type=Signed) == signed
    entry = read_entry(log_of(answer).entry)
    head = check(log_of(answer))
    assert (entry.kind, entry.subject) == ("revocation", subject_of(ALICE.amid))
    assert entry.document == document_hash(shown)
    assert (head.size, head.revocations, entry.previous) == (3, 1, 0)


async def test_the_list_of_revocations_is_whole(registry: Asker) -> None:
    await revoked(registry)
    await registry.revoke(BOB)
    page = decoded(await registry.get("/v1/registry/revocations"), LogPage)
    subjects = [read_entry(data).subject for data in page.entries]
    assert subjects == [subject_of(ALICE.amid), subject_of(BOB.amid)]


async def test_nobody_finds_or_reaches_a_revoked_agent(registry: Asker) -> None:
    await revoked(registry)
    gone = (410, "identity_revoked")
    assert (await registry.lookup(ALICE)).refusal == gone
    assert (await registry.get(f"/v1/registry/did/{ALICE.amid}")).refusal == gone
    assert (await registry.get(f"/v1/registry/prekeys/{ALICE.amid}", BOB)).refusal == gone
    assert (await registry.get("/v1/registry/search?capability=travel")).json["total"] == 0
    assert (await registry.get("/v1/stats")).json["agents"] == 1


async def test_a_revoked_agent_says_nothing_more(registry: Asker) -> None:
    await revoked(registry)
    gone = (410, "identity_revoked")
    assert (await registry.register(ALICE, ALICE.record(2))).refusal == gone
    assert (await registry.publish(ALICE, first=9)).refusal == gone
    assert (await registry.post("/v1/registry/status", {"status": "online"}, ALICE)).refusal == gone
    assert (await registry.get(f"/v1/registry/prekeys/{BOB.amid}", ALICE)).refusal == gone


async def test_the_same_revocation_again_changes_nothing(registry: Asker) -> None:
    signed = await revoked(registry)
    assert (await registry.revoke(ALICE, signed)).status == 200
    other = await registry.revoke(ALICE, ALICE.revocation("other"))
    assert other.refusal == (409, "already_revoked")


async def test_the_first_revocation_counts(registry: Asker) -> None:
    await registry.register(ALICE)
    tried = [ALICE.revocation(reason) for reason in ("other", "key_compromise", "superseded")]
    answers = await asyncio.gather(*(registry.revoke(ALICE, it) for it in tried))
    assert sorted(answer.status for answer in answers) == [200, 409, 409]


async def test_a_revocation_outlives_the_record(registry: Asker) -> None:
    await revoked(registry)
    registry.clock.advance(40 * DAY)
    assert (await registry.get(f"/v1/registry/revocation?amid={ALICE.amid}")).json["revoked"]
    later = Registrant("alice", registry.clock.now())
    assert (await registry.register(later, later.record(9))).refusal == (410, "identity_revoked")


async def test_who_is_revoked_is_asked_of_many_at_once(registry: Asker) -> None:
    await revoked(registry)
    body = {"amids": [ALICE.amid, BOB.amid, CAROL.amid]}
    answer = await registry.post("/v1/registry/revocations/bulk", body)
    assert list(answer.json["revoked"]) == [ALICE.amid]
    body = {"amids": [ALICE.amid] * 101}
    answer = await registry.post("/v1/registry/revocations/bulk", body)
    assert answer.refusal == (400, "invalid_request")


async def test_who_is_not_revoked_is_not(light: Asker) -> None:
    await light.register(BOB)
    answer = await light.get(f"/v1/registry/revocation?amid={BOB.amid}")
    assert (answer.json["revoked"], answer.json["revocation"]) == (False, None)


def _by_registry() -> Signed:
    document = Revocation(amid=ALICE.amid, reason="other", issuer="registry", timestamp=1)
    return sign(document, Purpose.REVOCATION, SigningKey(b"l" * 32))


@pytest.mark.parametrize(
    ("signed", "refusal"),
    [
        (BOB.revocation(), (403, "not_permitted")),
        (_by_registry(), (400, "revocation_invalid")),
        (ALICE.record(), (400, "revocation_invalid")),
        (Registrant("alice", ALICE.now / 1000 + 3600).revocation(), (400, "revocation_invalid")),
    ],
    ids=["another's", "as_registry", "a_record", "of_tomorrow"],
)
async def test_what_is_no_revocation_of_ones_own_is_refused(
    light: Asker, signed: Signed, refusal: tuple[int, str]
) -> None:
    await light.register(ALICE)
    assert (await light.revoke(ALICE, signed)).refusal == refusal
    assert (await light.lookup(ALICE)).status == 200


async def test_who_never_registered_cannot_revoke(light: Asker) -> None:
    assert (await light.revoke(ALICE)).refusal == (401, "unknown_signer")


async def test_nothing_is_kept_of_an_agent_that_is_not_there(database: Database) -> None:
    assert await Revocations(database).put(ALICE.amid, b"signed", 1) == "unknown"
