"""Publishing schemas, and fetching them, on both databases."""

import asyncio
import base64

import msgspec
import pytest
from agentmesh_registry.storage import schemas

from agentmesh.protocol.published_schema import read_schema
from agentmesh.protocol.signed import Signed
from tests.support.asking import Answer, Asker
from tests.support.registrant import Registrant

ALICE, BOB = Registrant("alice"), Registrant("bob")
PATH = "/v1/registry/schemas"
INVOICE = "x-acme/invoice/v1"


@pytest.fixture
async def mesh(registry: Asker) -> Asker:
    for agent in (ALICE, BOB):
        await registry.register(agent)
    return registry


async def publish(mesh: Asker, author: Registrant, signed: Signed) -> Answer:
    return await mesh.post(PATH, {"document": msgspec.msgpack.encode(signed)}, author)


async def test_a_schema_is_fetched_as_its_author_signed_it(mesh: Asker) -> None:
    signed = ALICE.schema(INVOICE, b'{"type": "object"}')
    assert (await publish(mesh, ALICE, signed)).status == 201
    found = (await mesh.get(f"{PATH}?id={INVOICE}")).json
    assert msgspec.msgpack.decode(base64.b64decode(found["document"]), type=Signed) == signed
    assert read_schema(signed).author == ALICE.amid


async def test_what_was_published_is_never_changed(mesh: Asker) -> None:
    await publish(mesh, ALICE, ALICE.schema(INVOICE, b"{}"))
    assert (await publish(mesh, ALICE, ALICE.schema(INVOICE, b"{}"))).status == 200
    later = ALICE.schema(INVOICE, b"{}", published_at=ALICE.now + 1)
    assert (await publish(mesh, ALICE, later)).status == 200
    other = await publish(mesh, ALICE, ALICE.schema(INVOICE, b'{"title": "x"}'))
    assert other.refusal == (409, "schema_exists")
    assert (await publish(mesh, ALICE, ALICE.schema("x-acme/invoice/v2"))).status == 201


async def test_the_first_in_a_namespace_is_alone_in_it(mesh: Asker) -> None:
    await publish(mesh, ALICE, ALICE.schema(INVOICE))
    taken = await publish(mesh, BOB, BOB.schema("x-acme/other/v1"))
    assert taken.refusal == (409, "namespace_taken")
    assert (await publish(mesh, BOB, BOB.schema(INVOICE))).refusal == (409, "schema_exists")
    assert (await publish(mesh, BOB, BOB.schema("x-acme2/other/v1"))).status == 201


async def test_two_at_once_in_a_new_namespace_leave_one_there(mesh: Asker) -> None:
    asked = [
        publish(mesh, author, author.schema(f"x-new/{author.name}{number}/v1"))
        for number in range(4)
        for author in (ALICE, BOB)
    ]
    statuses = [answer.status for answer in await asyncio.gather(*asked)]
    assert sorted(statuses) == [201] * 4 + [409] * 4


async def test_nobody_publishes_in_anothers_name(mesh: Asker) -> None:
    answer = await publish(mesh, BOB, ALICE.schema(INVOICE))
    assert answer.refusal == (403, "not_permitted")


async def test_there_is_a_bound_for_each(mesh: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "MAX_EACH", 2)
    for number in range(2):
        assert (await publish(mesh, ALICE, ALICE.schema(f"x-a/b/v{number + 1}"))).status == 201
    full = await publish(mesh, ALICE, ALICE.schema("x-a/b/v3"))
    assert full.refusal == (409, "too_many_schemas")


async def test_what_was_not_published_is_not_found(mesh: Asker) -> None:
    assert (await mesh.get(f"{PATH}?id={INVOICE}")).refusal == (404, "schema_not_found")
    assert (await mesh.get(f"{PATH}?id=no/such/v1")).refusal == (400, "invalid_request")


async def test_rubbish_is_no_schema(mesh: Asker) -> None:
    answer = await mesh.post(PATH, {"document": base64.b64encode(b"\xc1").decode()}, ALICE)
    assert answer.refusal == (400, "document_malformed")
    broken = await publish(mesh, ALICE, ALICE.schema(INVOICE, b"[]"))
    assert broken.refusal == (400, "invalid_schema")
