"""What may be kept as a schema."""

from typing import Any

import msgspec
import pytest

from agentmesh.errors import UsageError
from agentmesh.messages.schemas.document import MAX_PATTERNS, names_in
from agentmesh.protocol.limits import MAX_SCHEMA_BYTES
from tests.support.schemas import INVOICE, compiled

LOOP = {"definitions": {"a": {"allOf": [{"$ref": "#/definitions/b"}]}, "b": {"$ref": "#"}}}
REFUSED: dict[str, tuple[Any, str]] = {
    "a list": ([], "JSON object"),
    "another draft": ({"$schema": "https://json-schema.org/draft/2020-12/schema"}, "Draft-07"),
    "a name that is another's": ({"$id": "x-acme/other/v1"}, "differs"),
    "a name inside": ({"properties": {"a": {"$id": "b"}}}, "top"),
    "a wrong keyword": ({"type": "nothing"}, "/type"),
    "a wrong number": ({"properties": {"a": {"minLength": -1}}}, "/properties/a/minLength"),
    "something fetched": ({"$ref": "https://example.com/a.json"}, "nothing is fetched"),
    "something read": ({"items": {"$ref": "file:///etc/passwd"}}, "nothing is fetched"),
    "a neighbour": ({"$ref": "x-acme/other/v1"}, "nothing is fetched"),
    "a way to nowhere": ({"$ref": "#/definitions/a"}, "leads to no schema"),
    "a way into data": ({"$ref": "#/const", "const": {"type": "string"}}, "leads to no schema"),
    "itself": ({"$ref": "#"}, "never ends"),
    "round in a circle": ({**LOOP, "anyOf": [{"$ref": "#/definitions/a"}]}, "never ends"),
    "a circle further in": (
        {"properties": {"a": {"$ref": "#/definitions/a"}}, "definitions": {"a": {"not": {}}}}
        | {"definitions": {"a": {"not": {"$ref": "#/definitions/a"}}}},
        "never ends",
    ),
    "a pattern that looks back": ({"pattern": "(?<=a)b"}, "regular expression"),
    "a pattern for names": ({"patternProperties": {"(": {}}}, "regular expression"),
    "patterns without end": (
        {"anyOf": [{"pattern": f"a{count}"} for count in range(MAX_PATTERNS + 1)]},
        "More than",
    ),
    "too much": ({"description": "x" * MAX_SCHEMA_BYTES}, "more than"),
}


@pytest.mark.parametrize(("schema", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_serve_is_refused_with_the_place(schema: Any, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        compiled(schema)
    assert caught.value.code == "invalid_schema"
    assert why in caught.value.message
    assert caught.value.message.isascii()


def test_a_tree_may_grow_for_ever_as_data_does_not() -> None:
    tree = compiled(
        {"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}, "type": "object"}
    )
    assert tree.problems({"left": {"right": {}}}) == []
    assert [it.path for it in tree.problems({"left": {"right": 1}})] == ["$.left.right"]


@pytest.mark.parametrize("name", [str(INVOICE), f"agentmesh:{INVOICE}"])
def test_a_schema_may_say_its_own_name(name: str) -> None:
    assert compiled({"$id": name}).document == {"$id": name}


def test_depth_and_ambiguity_are_those_of_all_json() -> None:
    deep: Any = {}
    for _ in range(40):
        deep = {"not": deep}
    with pytest.raises(UsageError, match="too deep"):
        compiled(deep)


def test_a_schema_names_the_members_it_speaks_of() -> None:
    schema = {"properties": {"a": {"items": {"properties": {"b": {}}}}}, "const": {"c": 1}}
    assert names_in(msgspec.json.decode(msgspec.json.encode(schema))) == {"a", "b"}
