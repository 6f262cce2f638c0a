"""The standard schemas, and small ones for tests."""

from functools import cache
from pathlib import Path

import msgspec

from agentmesh.messages.schemas.catalogue import Catalogue
from agentmesh.messages.schemas.compiled import Compiled
from agentmesh.messages.schemas.names import SchemaId, parse

FOLDER = Path(__file__).parents[2] / "agentmesh" / "messages" / "schemas" / "standard"
INVOICE = SchemaId("x-acme/invoice", 1)
INVOICE_TEXT = b'{"type":"object","required":["number"],"properties":{"number":{"type":"integer"}}}'


@cache
def standard_texts() -> dict[SchemaId, bytes]:
    """Return the standard schemas as they are shipped, by their own ids."""
    found: dict[SchemaId, bytes] = {}
    for path in sorted(FOLDER.glob("*.json")):
        text = path.read_bytes()
        schema_id = parse(msgspec.json.decode(text)["$id"])
        assert schema_id is not None
        found[schema_id] = text
    return found


@cache
def standard() -> Catalogue:
    """Return the catalogue that a new daemon has."""
    return Catalogue.of(standard_texts())


def compiled(schema: object, schema_id: SchemaId = INVOICE) -> Compiled:
    """Return a schema of a test's own, ready to use."""
    return Compiled(schema_id, msgspec.json.encode(schema))
