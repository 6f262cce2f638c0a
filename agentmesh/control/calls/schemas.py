"""Schemas: which there are, one's own, and whether data fits."""

from typing import Annotated, Any

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Request

SchemaId = Annotated[str, Meta(min_length=1, max_length=80)]


class SchemasList(Request[answers.Schemas], frozen=True, kw_only=True):
    """List the schemas that messages can be checked by."""


class SchemasShow(Request[answers.Schema], frozen=True, kw_only=True):
    """Show one schema."""

    id: SchemaId


class SchemasCheck(Request[answers.SchemaChecked], frozen=True, kw_only=True):
    """Say what in some data does not fit a schema."""

    id: SchemaId
    data: Any


class SchemasAdd(Request[answers.SchemaNamed], frozen=True, kw_only=True):
    """Keep a schema of one's own, `x-<namespace>/<schema>/v<n>`, in Draft-07."""

    id: SchemaId
    document: dict[str, Any]


class SchemasPublish(Request[answers.SchemaNamed], frozen=True, kw_only=True):
    """Publish a schema of one's own at the registry, for good and for everybody."""

    id: SchemaId


class SchemasFetch(Request[answers.SchemaFetched], frozen=True, kw_only=True):
    """Keep a schema that somebody published at the registry."""

    id: SchemaId


class SchemasRemove(Request[answers.SchemaNamed], frozen=True, kw_only=True):
    """Forget a schema of one's own."""

    id: SchemaId
