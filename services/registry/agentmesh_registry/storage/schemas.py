"""Schemas that agents published. Nothing here is ever replaced: a new version has a new name."""

from typing import Literal

import sqlalchemy as sa

from agentmesh.protocol.published_schema import PublishedSchema
from agentmesh_registry.storage.database import Database
from agentmesh_registry.storage.tables import schemas

MAX_EACH = 200
Outcome = Literal["created", "unchanged", "schema_exists", "namespace_taken", "too_many_schemas"]


class SchemaStore:
    """The published schemas of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, schema: PublishedSchema, signed: bytes) -> Outcome:
        """Keep a schema. Whoever was first in a namespace is alone in it."""
        return await self._database.write(lambda connection: _put(connection, schema, signed))

    async def get(self, schema_id: str) -> bytes | None:
        """Return a schema as its author signed it."""
        query = sa.select(schemas.c.signed).where(schemas.c.id == schema_id)
        found: bytes | None = await self._database.read(
            lambda connection: connection.execute(query).scalar_one_or_none()
        )
        return found


def _put(connection: sa.Connection, schema: PublishedSchema, signed: bytes) -> Outcome:
    known = sa.select(schemas.c.text, schemas.c.author).where(schemas.c.id == schema.id)
    old = connection.execute(known).one_or_none()
    if old is not None:
        is_same = old.text == schema.text and old.author == schema.author
        return "unchanged" if is_same else "schema_exists"
    of_namespace = sa.select(schemas.c.author).where(schemas.c.namespace == schema.namespace)
    owner = connection.execute(of_namespace.limit(1)).scalar_one_or_none()
    if owner not in (None, schema.author):
        return "namespace_taken"
    count = sa.select(sa.func.count()).where(schemas.c.author == schema.author)
    number = connection.execute(count).scalar_one()
    if number >= MAX_EACH:
        return "too_many_schemas"
    connection.execute(
        sa.insert(schemas).values(
            id=schema.id,
            namespace=schema.namespace,
            is_first=None if owner else True,
            author=schema.author,
            text=schema.text,
            signed=signed,
        )
    )
    return "created"
