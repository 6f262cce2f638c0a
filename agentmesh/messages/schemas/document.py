"""What a schema may be: Draft-07, bounded, complete in itself, and certain to come to an end.

A reference leads to another place of the same schema; nothing is ever fetched.
"""

from collections.abc import Iterator
from typing import Any, Final

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.messages.schemas.names import PREFIX, SchemaId
from agentmesh.messages.schemas.pattern import Pattern
from agentmesh.messages.strict_json import read_json
from agentmesh.protocol.limits import MAX_SCHEMA_BYTES

MAX_PATTERNS = 50
DRAFT_07: Final = frozenset(
    {"http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-07/schema"}
)

Schema = dict[str, Any]
Place = tuple[str, ...]

# Keywords that have a schema, a list of schemas, or schemas by name.
_ONE: Final = frozenset(
    {"additionalItems", "additionalProperties", "contains", "else", "if", "items", "not"}
    | {"propertyNames", "then"}
)
_MANY: Final = frozenset({"allOf", "anyOf", "items", "oneOf"})
_NAMED: Final = frozenset({"$defs", "definitions", "dependencies", "patternProperties"}) | {
    "properties"
}
# Those that look at the same value again: round them, a schema would never end.
_SAME_VALUE: Final = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else"})


def read(schema_id: SchemaId, text: bytes) -> Schema:
    """Return the schema in a JSON text, or say why it cannot serve as one of this id."""
    try:
        value = read_json(text, MAX_SCHEMA_BYTES)
    except RemoteProtocolError as error:
        raise invalid("", error.message) from None
    if not isinstance(value, dict):
        raise invalid("", "A schema is a JSON object.")
    if value.get("$schema", "http://json-schema.org/draft-07/schema#") not in DRAFT_07:
        raise invalid("/$schema", "Only Draft-07 is read.")
    if value.get("$id", str(schema_id)) not in {str(schema_id), PREFIX + str(schema_id)}:
        raise invalid("/$id", f"It differs from {schema_id}, the id it is kept under.")
    return value


def check(schema: Schema) -> None:
    """Say what nobody could check data by; the schema's form is known to be right."""
    for place, inside in schemas_in(schema):
        if place and "$id" in inside:
            raise invalid(_text(place), "`$id` stands at the top only.")
        if "$ref" in inside:
            _check_reference(schema, place, inside["$ref"])
    for place, inside in schemas_in(schema):
        _check_end(schema, inside, place)
    patterns(schema)


def patterns(schema: Schema) -> dict[str, Pattern]:
    """Return the schema's regular expressions, ready to use."""
    found: dict[str, Pattern] = {}
    for place, inside in schemas_in(schema):
        texts = [*inside.get("patternProperties", {}), *filter(None, [inside.get("pattern")])]
        for text in texts:
            try:
                found[text] = Pattern(text)
            except UsageError as error:
                raise invalid(_text(place), f"{text[:60]!a}: {error.message}") from None
            if len(found) > MAX_PATTERNS:
                raise invalid(_text(place), f"More than {MAX_PATTERNS} regular expressions.")
    return found


def names_in(schema: Schema) -> frozenset[str]:
    """Return the names of members that the schema itself speaks of."""
    return frozenset(
        name for _, inside in schemas_in(schema) for name in inside.get("properties", {})
    )


def schemas_in(schema: Schema) -> Iterator[tuple[Place, Schema]]:
    """Yield the schema and all that are inside it, each with its place."""
    left: list[tuple[Place, Any]] = [((), schema)]
    while left:
        place, inside = left.pop()
        if not isinstance(inside, dict):
            continue
        yield place, inside
        for keyword, value in inside.items():
            if keyword in _NAMED and isinstance(value, dict):
                left += [((*place, keyword, name), it) for name, it in value.items()]
            elif keyword in _MANY and isinstance(value, list):
                left += [((*place, keyword, str(count)), it) for count, it in enumerate(value)]
            elif keyword in _ONE:
                left.append(((*place, keyword), value))


def invalid(place: str, what: str) -> UsageError:
    """Return the error that tells what is wrong with a schema, and where."""
    where = f"{ascii(place)[1:-1][:200]}: " if place else ""
    return UsageError("invalid_schema", f"{where}{what}", "Only Draft-07 schemas are kept.")


# --- references ---------------------------------------------------------------------------------


def _check_reference(schema: Schema, place: Place, reference: Any) -> None:
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        raise invalid(_text(place), "A reference begins with `#`: nothing is fetched.")
    if not any(inside is _target(schema, reference) for _, inside in schemas_in(schema)):
        raise invalid(_text(place), f"{reference[:100]!a} leads to no schema in this one.")


def _target(schema: Schema, reference: str) -> Any:
    value: Any = schema
    for part in reference.removeprefix("#").split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return None
    return value


def _check_end(schema: Schema, start: Schema, place: Place) -> None:
    """Follow what looks at the same value again; whoever comes back there never ends."""
    left, seen = [start], {id(start)}
    while left:
        for following in _same_value(schema, left.pop()):
            if following is start:
                raise invalid(_text(place), "This schema leads back to itself and never ends.")
            if id(following) not in seen:
                seen.add(id(following))
                left.append(following)


def _same_value(schema: Schema, inside: Schema) -> list[Schema]:
    if "$ref" in inside:
        return [it for it in [_target(schema, inside["$ref"])] if isinstance(it, dict)]
    found: list[Any] = []
    for keyword in _SAME_VALUE & inside.keys():
        value = inside[keyword]
        found += value if isinstance(value, list) else [value]
    dependencies = inside.get("dependencies")
    found += dependencies.values() if isinstance(dependencies, dict) else ()
    return [it for it in found if isinstance(it, dict)]


def _text(place: Place) -> str:
    return "".join(f"/{part}" for part in place)
