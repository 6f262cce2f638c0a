"""Schemas that agents publish for others."""

from http import HTTPStatus

import msgspec

from agentmesh.errors import NotPermitted, Refused, RemoteProtocolError
from agentmesh.protocol.published_schema import read_schema
from agentmesh.protocol.signed import Signed
from agentmesh_registry.auth import authenticate
from agentmesh_registry.bodies import FetchSchema, PublishSchema, SchemaView
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.storage.schemas import MAX_EACH

_REFUSALS = {
    "schema_exists": (
        "There is another schema of this name already.",
        "Publish yours as a new version.",
    ),
    "namespace_taken": (
        "Somebody else was first in this namespace.",
        "Choose another namespace.",
    ),
    "too_many_schemas": (f"An agent publishes {MAX_EACH} schemas at most.", ""),
}


async def publish(desk: Desk, call: Call, asked: PublishSchema) -> Reply:
    """Publish a schema for good. The first in a namespace is alone in it."""
    caller = await authenticate(desk, call)
    try:
        signed = msgspec.msgpack.decode(asked.document, type=Signed)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError(
            "document_malformed",
            "`document` is not a signed document.",
            "It is the base64 of the MessagePack of Signed(PublishedSchema).",
        ) from None
    schema = read_schema(signed)
    if schema.author != caller:
        raise NotPermitted("not_permitted", "An agent publishes schemas of its own.")
    outcome = await desk.schemas.put(schema, asked.document)
    if outcome in _REFUSALS:
        raise Refused(outcome, *_REFUSALS[outcome])
    status = HTTPStatus.CREATED if outcome == "created" else HTTPStatus.OK
    return Reply(body=SchemaView(id=schema.id, document=asked.document), status=status)


async def fetch(desk: Desk, _call: Call, asked: FetchSchema) -> Reply:
    """Return a schema as its author signed it."""
    found = await desk.schemas.get(asked.id)
    if found is None:
        raise Refused(
            "schema_not_found", "No such schema was published here.", "Is the version right?"
        )
    return Reply(body=SchemaView(id=asked.id, document=found))
