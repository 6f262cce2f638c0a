"""The schemas that one side knows."""

import re
from typing import Any

import msgspec
import pytest

from agentmesh.messages.schemas.catalogue import Catalogue
from agentmesh.messages.schemas.compiled import Compiled
from agentmesh.messages.schemas.document import schemas_in
from agentmesh.messages.schemas.names import SchemaId, parse
from tests.support.schemas import FOLDER, INVOICE, INVOICE_TEXT, standard, standard_texts

STANDARD = [
    "commerce/order/v1",
    "commerce/product-search/v1",
    "finance/payment/v1",
    "marketplace/skill-bid/v1",
    "marketplace/task-delegation/v1",
    "productivity/calendar-query/v1",
    "travel/flight-results/v1",
    "travel/flight-search/v1",
    "travel/hotel-search/v1",
]
EUR = {"amount": 99.5, "currency": "EUR"}
SEGMENT = {
    "origin": "OSL",
    "destination": "BGO",
    "departure": "2026-12-01T08:00:00+01:00",
    "arrival": "2026-12-01T08:55",
    "flight_number": "DY602",
}
GOOD: dict[str, Any] = {
    "travel/flight-search/v1": {
        "origin": "OSL",
        "destination": "BGO",
        "departure_date": "2026-12-01",
        "passengers": {"adults": 2, "children": 1},
        "max_price": EUR,
        "anything": "else",
    },
    "travel/flight-results/v1": {"flights": [{"price": EUR, "segments": [SEGMENT], "stops": 0}]},
    "travel/hotel-search/v1": {
        "location": {"latitude": 59.9, "longitude": 10.7, "radius_km": 2},
        "check_in": "2026-12-01",
        "check_out": "2026-12-03",
    },
    "commerce/product-search/v1": {"query": "ski", "attributes": {"length": 190, "red": True}},
    "commerce/order/v1": {
        "order_id": "1",
        "items": [{"product_id": "p", "quantity": 1, "unit_price": EUR}],
        "total": EUR,
    },
    "finance/payment/v1": {"payment_id": "1", "amount": EUR, "payee": {"name": "Kiosk"}},
    "productivity/calendar-query/v1": {
        "action": "find_slot",
        "range": {"start": "2026-12-01T08:00Z", "end": "2026-12-01T18:00:00.5Z"},
        "duration_minutes": 30,
        "time_zone": "Europe/Oslo",
        "participants": [{"email": "a@example.org"}],
    },
    "marketplace/skill-bid/v1": {"task_id": "1", "price": EUR, "pricing_model": "fixed"},
    "marketplace/task-delegation/v1": {
        "task_id": "1",
        "description": "Translate it.",
        "budget": {"max_cost": 5, "currency": "EUR"},
    },
}
BAD: dict[str, tuple[Any, set[str]]] = {
    "travel/flight-search/v1": (
        {"origin": "Oslo", "destination": "BGO", "departure_date": "tomorrow", "max_stops": 9},
        {"$.origin", "$.departure_date", "$.max_stops"},
    ),
    "travel/flight-results/v1": (
        {"flights": [{"price": 3}]},
        {"$.flights[0]", "$.flights[0].price"},
    ),
    "travel/hotel-search/v1": (
        {"location": {"latitude": 100}, "check_in": "2026-12-01", "check_out": "2026-02-30x"},
        {"$.location", "$.location.latitude", "$.check_out"},
    ),
    "commerce/product-search/v1": (
        {"query": "", "attributes": {"a": []}},
        {"$.query", "$.attributes.*"},
    ),
    "commerce/order/v1": ({"order_id": "1", "items": [], "total": EUR}, {"$.items"}),
    "finance/payment/v1": (
        {"payment_id": "1", "amount": {"amount": -1, "currency": "euro"}, "payee": {}},
        {"$.amount.amount", "$.amount.currency", "$.payee"},
    ),
    "productivity/calendar-query/v1": (
        {"action": "find_slot", "range": {"start": "8 o'clock", "end": "2026-12-01T18:00Z"}},
        {"$", "$.range.start"},
    ),
    "marketplace/skill-bid/v1": ({"task_id": "1"}, {"$"}),
    "marketplace/task-delegation/v1": ({"task_id": 1, "description": "a"}, {"$.task_id"}),
}


def test_the_nine_schemas_of_the_standard_are_there() -> None:
    assert [str(it) for it in standard().ids()] == STANDARD


@pytest.mark.parametrize("name", STANDARD)
def test_a_standard_schema_takes_what_it_is_for_and_nothing_else(name: str) -> None:
    schema_id = parse(name)
    assert schema_id is not None
    assert standard().problems(schema_id, GOOD[name], "$") == []
    bad, places = BAD[name]
    assert {it.path for it in standard().problems(schema_id, bad, "$")} == places


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_a_standard_schema_is_described_and_bounded(path: Any) -> None:
    schema = msgspec.json.decode(path.read_bytes())
    name, version = schema["$id"].removeprefix("agentmesh:").rsplit("/", 1)
    assert path.name == f"{name.replace('/', '.')}.{version}.json"
    assert schema["title"]
    for place, inside in schemas_in(schema):
        kind = inside.get("type")
        if place[-2:-1] == ("properties",) and not {"$ref", "const"} & inside.keys():
            assert inside["description"].endswith("."), place
        if kind == "string":
            assert {"maxLength", "pattern", "enum"} & inside.keys(), place
        if kind == "array":
            assert "maxItems" in inside, place
        if kind in ("integer", "number"):
            assert {"minimum", "maximum"} <= inside.keys(), place
        if "pattern" in inside:
            assert re.search(r"\$$|^\^https\?", inside["pattern"]), place


def test_one_more_and_one_less_make_another_catalogue() -> None:
    before = Catalogue.of(standard_texts())
    more = before.add(Compiled(INVOICE, INVOICE_TEXT), INVOICE_TEXT)
    assert INVOICE in more
    assert INVOICE not in before
    assert more.ids()[-1] == INVOICE
    assert more.problems(INVOICE, {}, "$")[0].message == "It lacks number."
    assert more.document(INVOICE)["required"] == ["number"]
    assert more.remove(INVOICE).ids() == before.ids()
    assert SchemaId("travel/flight-search", 2) not in more
    assert None not in more
