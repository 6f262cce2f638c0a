"""Schemas, and what does not fit them."""

from typing import Any, Literal

from agentmesh.control.answers.answer import Answer


class Problem(Answer, frozen=True, kw_only=True):
    """One thing that does not fit: where, what, and by which schema. It quotes nothing of it."""

    path: str
    message: str
    schema: str


class SchemaSummary(Answer, frozen=True, kw_only=True):
    """One schema. `custom`: the owner added it."""

    id: str
    title: str
    origin: Literal["standard", "custom"]


class Schemas(Answer, frozen=True, kw_only=True):
    """The schemas, those of the standard first."""

    schemas: list[SchemaSummary]


class Schema(Answer, frozen=True, kw_only=True):
    """A schema with its document."""

    id: str
    document: dict[str, Any]


class SchemaNamed(Answer, frozen=True, kw_only=True):
    """The schema that was added or removed."""

    id: str


class SchemaFetched(Answer, frozen=True, kw_only=True):
    """The schema that was fetched, and who signed it."""

    id: str
    author: str
    published_at: str


class SchemaChecked(Answer, frozen=True, kw_only=True):
    """Whether data fits a schema, and what does not."""

    id: str
    fits: bool
    problems: list[Problem]
