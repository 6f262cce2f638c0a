"""Control calls about schemas."""

from typing import Any

import msgspec

from agentmesh.control import answers, calls
from agentmesh.daemon.api import views
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import UsageError
from agentmesh.messages.schemas.names import SchemaId, parse_custom
from agentmesh.messages.schemas.problems import bounded
from agentmesh.protocol.published_schema import PublishedSchema
from agentmesh.protocol.signed import Purpose
from agentmesh.protocol.times import to_text

Permit = calls.Permit


async def schemas_list(rooms: Rooms, _: calls.SchemasList, __: Permit) -> answers.Schemas:
    """List the schemas at hand."""
    ids = rooms.schemas.catalogue.ids()
    return answers.Schemas(schemas=[_summary(rooms, schema_id) for schema_id in ids])


async def schemas_show(rooms: Rooms, asked: calls.SchemasShow, _: Permit) -> answers.Schema:
    """Show one of them."""
    schema_id = rooms.schemas.find(asked.id)
    document = rooms.schemas.catalogue.document(schema_id)
    return answers.Schema(id=str(schema_id), document=document)


async def schemas_check(
    rooms: Rooms, asked: calls.SchemasCheck, _: Permit
) -> answers.SchemaChecked:
    """Say what in some data does not fit."""
    schema_id = rooms.schemas.find(asked.id)
    found = bounded(rooms.schemas.catalogue.problems(schema_id, asked.data, "$"))
    problems = [views.problem(it) for it in found]
    return answers.SchemaChecked(id=str(schema_id), fits=not problems, problems=problems)


async def schemas_add(rooms: Rooms, asked: calls.SchemasAdd, _: Permit) -> answers.SchemaNamed:
    """Keep a schema of the owner's."""
    return answers.SchemaNamed(id=str(await rooms.schemas.add(asked.id, asked.document)))


async def schemas_publish(
    rooms: Rooms, asked: calls.SchemasPublish, _: Permit
) -> answers.SchemaNamed:
    """Publish a schema of the owner's for good."""
    schema_id = rooms.schemas.find(asked.id)
    if not schema_id.is_custom:
        raise UsageError("schema_is_standard", "Everybody has the schemas of the standard.")
    identity = rooms.hand.keys.ring.identity
    schema = PublishedSchema(
        id=str(schema_id),
        author=identity.amid,
        text=rooms.schemas.catalogue.text(schema_id),
        published_at=int(rooms.hand.clock.now() * 1000),
    )
    await rooms.directory.publish_schema(identity.sign(schema, Purpose.SCHEMA))
    return answers.SchemaNamed(id=schema.id)


async def schemas_fetch(
    rooms: Rooms, asked: calls.SchemasFetch, _: Permit
) -> answers.SchemaFetched:
    """Keep a schema that somebody published; one of the owner's own is not replaced by it."""
    schema_id = parse_custom(asked.id)
    found = await rooms.directory.schema(str(schema_id))
    document = msgspec.json.decode(found.text, type=dict[str, Any])
    if schema_id in rooms.schemas.catalogue and (
        rooms.schemas.catalogue.document(schema_id) != document
    ):
        raise UsageError(
            "schema_differs",
            f"You keep another schema {schema_id} already.",
            f"To take the published one: agentmesh schemas remove {schema_id}, then fetch again.",
        )
    await rooms.schemas.add(str(schema_id), document)
    return answers.SchemaFetched(
        id=str(schema_id), author=found.author, published_at=to_text(found.published_at / 1000)
    )


async def schemas_remove(
    rooms: Rooms, asked: calls.SchemasRemove, _: Permit
) -> answers.SchemaNamed:
    """Forget a schema of the owner's."""
    return answers.SchemaNamed(id=str(await rooms.schemas.remove(asked.id)))


def _summary(rooms: Rooms, schema_id: SchemaId) -> answers.SchemaSummary:
    title = rooms.schemas.catalogue.document(schema_id).get("title", "")
    return answers.SchemaSummary(
        id=str(schema_id),
        title=views.line(title) if isinstance(title, str) else "",
        origin="custom" if schema_id.is_custom else "standard",
    )
