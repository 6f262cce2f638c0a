"""Schemas by control calls."""

from typing import Any

import pytest

from agentmesh.errors import NotPermitted, UsageError
from agentmesh.protocol.published_schema import PublishedSchema
from tests.unit.daemon.conftest import House

INVOICE = "x-acme/invoice/v1"


async def listed(house: House) -> list[Any]:
    return (await house.ask("schemas.list", permit="agent"))["schemas"]


async def test_one_of_ones_own_is_added_shown_used_and_removed(house: House) -> None:
    document = {"title": "An invoice\u202e", "required": ["number"]}
    assert await house.ask("schemas.add", id=INVOICE, document=document) == {"id": INVOICE}
    assert (await listed(house))[-1] == {"id": INVOICE, "title": "An invoice", "origin": "custom"}
    shown = await house.ask("schemas.show", id=f"agentmesh:{INVOICE}", permit="agent")
    assert shown == {"id": INVOICE, "document": document}
    checked = await house.ask("schemas.check", id=INVOICE, data={})
    problem = {"path": "$", "message": "It lacks number.", "schema": INVOICE}
    assert checked == {"id": INVOICE, "fits": False, "problems": [problem]}
    assert (await house.ask("schemas.check", id=INVOICE, data={"number": 1}))["fits"] is True
    assert await house.ask("schemas.remove", id=INVOICE) == {"id": INVOICE}
    assert len(await listed(house)) == 9


async def test_only_the_owner_keeps_schemas(house: House) -> None:
    with pytest.raises(NotPermitted):
        await house.ask("schemas.add", permit="agent", id=INVOICE, document={})


async def test_what_is_wrong_is_said(house: House) -> None:
    with pytest.raises(UsageError) as caught:
        await house.ask("schemas.add", id=INVOICE, document={"$ref": "https://example.com"})
    assert caught.value.code == "invalid_schema"
    with pytest.raises(UsageError) as caught:
        await house.ask("schemas.show", id="travel/flight-search/v2")
    assert caught.value.code == "unknown_schema"


async def test_one_of_ones_own_is_published_and_somebody_elses_fetched(house: House) -> None:
    shelf = house.pair.high.directory.shelf
    await house.ask("schemas.add", id=INVOICE, document={"required": ["number"]})
    assert await house.ask("schemas.publish", id=INVOICE) == {"id": INVOICE}
    (published,) = shelf.schemas
    assert (published.id, published.author) == (INVOICE, house.pair.high.amid)
    await house.ask("schemas.remove", id=INVOICE)
    fetched = await house.ask("schemas.fetch", id=INVOICE)
    assert (fetched["id"], fetched["author"]) == (INVOICE, house.pair.high.amid)
    assert (await listed(house))[-1]["id"] == INVOICE
    assert (await house.ask("schemas.fetch", id=INVOICE))["id"] == INVOICE, "the same once more"


async def test_what_is_fetched_replaces_nothing_of_ones_own(house: House) -> None:
    await house.ask("schemas.add", id=INVOICE, document={"required": ["number"]})
    await house.ask("schemas.publish", id=INVOICE)
    await house.ask("schemas.add", id=INVOICE, document={})
    with pytest.raises(UsageError) as caught:
        await house.ask("schemas.fetch", id=INVOICE)
    assert caught.value.code == "schema_differs"
    assert (await house.ask("schemas.show", id=INVOICE))["document"] == {}


async def test_a_published_schema_that_could_hurt_is_not_kept(house: House) -> None:
    ring = house.pair.high.hand.keys.ring
    text = b'{"$ref": "https://example.com"}'
    schema = PublishedSchema(id=INVOICE, author=ring.identity.amid, text=text, published_at=0)
    house.pair.high.directory.shelf.schemas.append(schema)
    with pytest.raises(UsageError) as caught:
        await house.ask("schemas.fetch", id=INVOICE)
    assert caught.value.code == "invalid_schema"
    assert len(await listed(house)) == 9


async def test_the_schemas_of_the_standard_are_not_published(house: House) -> None:
    with pytest.raises(UsageError) as caught:
        await house.ask("schemas.publish", id="travel/flight-search/v1")
    assert caught.value.code == "schema_is_standard"
