"""Which schemas a node has, and what it therefore offers."""

import pytest

from agentmesh.errors import UsageError
from agentmesh.messages.schemas import catalogue
from agentmesh.node.schemas import shelf
from agentmesh.node.schemas.shelf import SchemaShelf
from agentmesh.storage.interface import CardRow, Put
from tests.support.node_pair import Pair
from tests.support.schemas import INVOICE, standard

SCHEMA = {"type": "object", "required": ["number"]}


async def test_the_standard_is_there_from_the_start(pair: Pair) -> None:
    node = pair.low
    assert node.schemas.catalogue.ids() == standard().ids()
    offers = node.hand.keys.ring.offers
    assert offers[0] == "travel/trains"
    assert set(offers[1:]) == set(map(str, standard().ids()))


async def test_a_schema_of_ones_own_is_kept_offered_and_forgotten(pair: Pair) -> None:
    node = pair.low
    assert await node.schemas.add(str(INVOICE), SCHEMA) == INVOICE
    assert str(INVOICE) in node.hand.keys.ring.offers
    later = SchemaShelf(node.hand)
    await later.load()
    assert later.catalogue.document(INVOICE) == SCHEMA
    assert await later.remove(f"agentmesh:{INVOICE}") == INVOICE
    assert str(INVOICE) not in node.hand.keys.ring.offers
    assert await node.store.cards(shelf.DRAWER) == []


async def test_a_newer_text_takes_the_place_of_the_older(pair: Pair) -> None:
    await pair.low.schemas.add(str(INVOICE), SCHEMA)
    await pair.low.schemas.add(str(INVOICE), {"type": "string"})
    assert pair.low.schemas.catalogue.document(INVOICE) == {"type": "string"}
    assert len(await pair.low.store.cards(shelf.DRAWER)) == 1


async def test_what_is_no_schema_or_not_ones_own_is_refused(pair: Pair) -> None:
    schemas = pair.low.schemas
    with pytest.raises(UsageError, match="no id of a schema"):
        await schemas.add("travel/flight-search/v1", SCHEMA)
    with pytest.raises(UsageError, match="/type"):
        await schemas.add(str(INVOICE), {"type": 1})
    with pytest.raises(UsageError, match="standard stay"):
        await schemas.remove("travel/flight-search/v1")
    for name in (str(INVOICE), "nonsense \u202e"):
        with pytest.raises(UsageError) as caught:
            await schemas.remove(name)
        assert caught.value.code == "unknown_schema"
        assert caught.value.message.isascii()
    assert await pair.low.store.cards(shelf.DRAWER) == []


async def test_there_is_a_bound_on_them(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MAX_CUSTOM", 2)
    for count in range(1, 3):
        await pair.low.schemas.add(f"x-acme/invoice/v{count}", SCHEMA)
    with pytest.raises(UsageError) as caught:
        await pair.low.schemas.add("x-acme/invoice/v3", SCHEMA)
    assert caught.value.code == "too_many_schemas"
    await pair.low.schemas.add("x-acme/invoice/v2", SCHEMA)  # it takes no more room
    assert catalogue.MAX_CUSTOM == 100


async def test_a_card_that_is_no_schema_keeps_no_daemon_from_starting(pair: Pair) -> None:
    rows = [
        CardRow(drawer=shelf.DRAWER, name=name, body=b"{", created_at=1)
        for name in ("nonsense", str(INVOICE))
    ]
    await pair.low.store.commit([Put(row) for row in rows])
    later = SchemaShelf(pair.low.hand)
    await later.load()
    assert [it for it in later.catalogue.ids() if it.is_custom] == [INVOICE]
