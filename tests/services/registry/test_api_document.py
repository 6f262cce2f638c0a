"""The OpenAPI document says what is served."""

import re
from typing import Any

from agentmesh_registry import api_document
from agentmesh_registry.routes.table import ROUTES

from tests.support.asking import Asker

DOCUMENT = api_document.build(ROUTES, "https://registry.example")


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*(references(inner) for inner in value.values()))
    return (
        set().union(*(references(inner) for inner in value)) if isinstance(value, list) else set()
    )


async def test_it_is_served(light: Asker) -> None:
    answer = await light.get("/v1/openapi.json")
    assert answer.json["servers"] == [{"url": light.url}]
    assert answer.json["paths"].keys() == DOCUMENT["paths"].keys()


def test_all_that_it_points_at_is_there() -> None:
    names = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert references(DOCUMENT) <= names


def test_every_route_is_described() -> None:
    for route in ROUTES:
        operation = DOCUMENT["paths"][route.path][route.method.lower()]
        assert operation["summary"].endswith(".")
        assert ("security" in operation) == route.is_signed
        assert ("requestBody" in operation) == (route.method == "POST")
        in_path = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", route.path))


def test_refusals_are_described_as_problems() -> None:
    answers = DOCUMENT["paths"]["/v1/registry/prekeys/{amid}"]["get"]["responses"]
    assert set(answers) == {"200", "400", "401", "403", "404", "410", "429", "503"}
    assert list(answers["404"]["content"]) == ["application/problem+json"]
