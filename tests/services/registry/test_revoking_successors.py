"""A new key takes an old one's place in one step, or in none; nobody else takes anything."""

import asyncio

import msgspec
from agentmesh_registry.config import Rates
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.verifying import verified
from nacl.signing import SigningKey

from agentmesh.protocol.revocation import Revocation, Succession, read_revocation
from agentmesh.protocol.signed import Purpose, Signed, sign
from agentmesh.protocol.transparency import LogPage, read_entry, subject_of
from tests.services.registry.test_ledger import check, decoded, log_of
from tests.support.asking import Asker, registry_at
from tests.support.registrant import DAY, NOW, Registrant
from tests.support.world import FakeClock

ALICE, NEW, BOB = Registrant("alice"), Registrant("alice again"), Registrant("bob")
MALLORY = Registrant("mallory")


async def rotate(registry: Asker, old: Registrant = ALICE, new: Registrant = NEW) -> None:
    answer = await registry.revoke(old, old.revocation("superseded", new), new.record())
    assert answer.status == 200, answer.raw
    check(log_of(answer))


async def test_both_are_there_with_their_entries(registry: Asker) -> None:
    await registry.register(ALICE, ALICE.record(1, "travel"))
    await registry.publish(ALICE)
    await rotate(registry)
    assert (await registry.lookup(ALICE)).refusal == (410, "identity_revoked")
    assert (await registry.lookup(NEW)).status == 200
    page = decoded(await registry.get("/v1/log/entries"), LogPage)
    said = [(it.kind, it.subject) for it in map(read_entry, page.entries)]
    old, new = subject_of(ALICE.amid), subject_of(NEW.amid)
    assert said == [("record", old), ("record", new), ("revocation", old)]
    assert (await registry.publish(NEW)).status == 200


async def test_log_and_tables_fit_each_other(database: Database, database_url: str) -> None:
    async with registry_at(database_url, FakeClock()) as registry:
        await registry.register(ALICE)
        await rotate(registry)
        await rotate(registry, NEW, BOB)
    report = await database.survey(lambda connection: verified(connection, lambda _: None))
    assert (report.agents, report.revocations, report.problems) == (3, 2, ())


async def test_the_same_again_changes_nothing(registry: Asker) -> None:
    await registry.register(ALICE)
    for _ in range(3):  # an answer may get lost
        await rotate(registry)
    assert (await registry.get("/v1/log/head")).status == 200
    page = decoded(await registry.get("/v1/log/entries"), LogPage)
    assert len(page.entries) == 3


async def test_of_two_successors_the_first_counts(registry: Asker) -> None:
    await registry.register(ALICE)
    answers = await asyncio.gather(
        *(
            registry.revoke(ALICE, ALICE.revocation("superseded", it), it.record())
            for it in (NEW, BOB, MALLORY)
        )
    )
    assert sorted(answer.status for answer in answers) == [200, 409, 409]
    found = [(await registry.lookup(it)).status for it in (NEW, BOB, MALLORY)]
    assert sorted(found) == [200, 404, 404]


async def test_who_registers_at_the_same_moment_is_an_agent_once(registry: Asker) -> None:
    await registry.register(ALICE)
    moved, own = await asyncio.gather(
        registry.revoke(ALICE, ALICE.revocation("superseded", NEW), NEW.record()),
        registry.register(NEW),
    )
    assert moved.status in {200, 409}
    assert own.status in {200, 201}
    assert (await registry.lookup(ALICE)).status == (410 if moved.status == 200 else 200)


async def test_a_successor_has_its_own_successor_and_nobody_comes_back(light: Asker) -> None:
    await light.register(ALICE)
    await rotate(light)
    await rotate(light, NEW, BOB)
    back = await light.revoke(BOB, BOB.revocation("superseded", ALICE), ALICE.record(2))
    assert back.refusal == (409, "successor_taken")
    assert (await light.lookup(BOB)).status == 200


def statement(
    by: SigningKey = ALICE.key, agreed: Signed | None = None, **changes: object
) -> Signed:
    """Alice's statement that NEW takes her place, or one that is forged."""
    plain = Revocation(
        amid=ALICE.amid,
        reason="superseded",
        issuer="key",
        timestamp=ALICE.now,
        successor=agreed or place(),
    )
    return sign(msgspec.structs.replace(plain, **changes), Purpose.REVOCATION, by)


def place(
    by: SigningKey = NEW.key, purpose: Purpose = Purpose.SUCCESSION, **changes: object
) -> Signed:
    plain = Succession(predecessor=ALICE.amid, successor=NEW.amid, timestamp=ALICE.now)
    return sign(msgspec.structs.replace(plain, **changes), purpose, by)


def flipped(signed: Signed, part: str) -> Signed:
    data = bytearray(getattr(signed, part))
    data[len(data) // 2] ^= 1
    return msgspec.structs.replace(signed, **{part: bytes(data)})


_OK = NEW.record()
EXPIRED = Registrant("alice again", NOW - 90 * DAY).record()
FORGED: dict[str, tuple[Registrant, Signed, Signed | None]] = {
    "by somebody else's key": (ALICE, statement(MALLORY.key), _OK),
    "sent by somebody else": (MALLORY, statement(), _OK),
    "by the new key alone": (ALICE, statement(NEW.key), _OK),
    "the new key has not agreed": (ALICE, statement(agreed=place(ALICE.key)), _OK),
    "somebody else has agreed": (ALICE, statement(agreed=place(MALLORY.key)), _OK),
    "agreed to succeed somebody else": (ALICE, statement(agreed=place(predecessor=BOB.amid)), _OK),
    "agreed under another name": (ALICE, statement(agreed=place(successor=BOB.amid)), _OK),
    "agreed to something else": (ALICE, statement(agreed=place(purpose=Purpose.RECORD)), _OK),
    "the word of another revocation": (
        ALICE,
        statement(agreed=BOB.revocation("superseded", NEW)),
        _OK,
    ),
    "after a theft": (ALICE, statement(reason="key_compromise"), _OK),
    "for another reason": (ALICE, statement(reason="other"), _OK),
    "in the registry's name": (ALICE, statement(issuer="registry"), _OK),
    "in an organisation's name": (ALICE, statement(issuer="organization"), _OK),
    "of somebody else": (ALICE, statement(amid=BOB.amid), _OK),
    "itself": (ALICE, statement(agreed=place(ALICE.key, successor=ALICE.amid)), ALICE.record(2)),
    "of tomorrow": (ALICE, statement(timestamp=ALICE.now + 3_600_000), _OK),
    "without the record": (ALICE, statement(), None),
    "with another's record": (ALICE, statement(), MALLORY.record()),
    "with the old key's record": (ALICE, statement(), ALICE.record(2)),
    "with an expired record": (
        ALICE,
        statement(),
        Registrant("alice again", NOW - 90 * DAY).record(),
    ),
    "with a record of another purpose": (ALICE, statement(), NEW.revocation()),
    "with a record in another's name": (
        ALICE,
        statement(),
        sign(NEW.plain_record(), Purpose.RECORD, MALLORY.key),
    ),
    "a record without a successor": (ALICE, ALICE.revocation(), _OK),
    "a bit of the statement": (ALICE, flipped(statement(), "payload"), _OK),
    "a bit of its signature": (ALICE, flipped(statement(), "signature"), _OK),
    "a bit of its signer": (ALICE, flipped(statement(), "signer"), _OK),
    "a bit of the agreement": (ALICE, statement(agreed=flipped(place(), "payload")), _OK),
    "a bit of the agreement's signature": (
        ALICE,
        statement(agreed=flipped(place(), "signature")),
        _OK,
    ),
    "a bit of the record": (ALICE, statement(), flipped(_OK, "payload")),
    "a bit of the record's signature": (ALICE, statement(), flipped(_OK, "signature")),
}


async def test_a_forged_statement_changes_nothing(light: Asker) -> None:
    for agent in (ALICE, BOB, MALLORY):
        await light.register(agent)
    for name, (sender, signed, record) in FORGED.items():
        answer = await light.revoke(sender, signed, record)
        assert 400 <= answer.status < 500, (name, answer.raw)
        assert (await light.lookup(ALICE)).status == 200, name
        assert (await light.lookup(NEW)).status == 404, name
    print(f"forged statements refused by the registry: {len(FORGED)}")
    assert len(FORGED) >= 30


async def test_a_key_that_was_taken_back_names_nobody(light: Asker) -> None:
    await light.register(ALICE)
    await light.revoke(ALICE)
    late = await light.revoke(ALICE, statement(), NEW.record())
    assert late.refusal == (409, "already_revoked")
    assert (await light.lookup(NEW)).status == 404


async def test_the_statement_is_handed_out_as_it_was_signed(light: Asker) -> None:
    await light.register(ALICE)
    await rotate(light)
    shown = (await light.get(f"/v1/registry/revocation?amid={ALICE.amid}")).json["revocation"]
    signed = msgspec.msgpack.decode(msgspec.json.decode(f'"{shown}"', type=bytes), type=Signed)
    assert read_revocation(signed).successor == NEW.amid


async def test_a_succession_counts_as_a_registration(sqlite_url: str) -> None:
    clock = FakeClock()
    async with registry_at(sqlite_url, clock, Rates(registrations=2)) as registry:
        await registry.register(ALICE)
        await rotate(registry)
        refused = await registry.revoke(NEW, NEW.revocation("superseded", BOB), BOB.record())
        assert refused.refusal == (429, "rate_limited")
