"""Control calls about schemas."""

from agentmesh.control import answers, calls
from agentmesh.daemon.api import views
from agentmesh.daemon.rooms import Rooms
from agentmesh.messages.schemas.names import SchemaId
from agentmesh.messages.schemas.problems import bounded

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
