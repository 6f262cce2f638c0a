"""How schemas are called, and which version two sides agree on.

A standard schema is `category/schema/v<n>`, one of somebody's own `x-<namespace>/<schema>/v<n>`.
`agentmesh:` in front may be left out.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from agentmesh.errors import UsageError
from agentmesh.protocol.limits import MAX_ID_LETTERS

PREFIX = "agentmesh:"
_PART = "[a-z0-9]+(?:[-.][a-z0-9]+)*"
_ID: Final = re.compile(rf"({_PART}/{_PART})/v([1-9][0-9]{{0,3}})")
_CUSTOM: Final = re.compile(rf"x-{_PART}/{_PART}")


class SchemaId(msgspec.Struct, frozen=True, order=True):
    """One version of a schema."""

    name: str
    version: int

    def __str__(self) -> str:
        """Return the id as it is written."""
        return f"{self.name}/v{self.version}"

    @property
    def is_custom(self) -> bool:
        """Whether this is somebody's own and not of the standard."""
        return _CUSTOM.fullmatch(self.name) is not None


class Agreed(msgspec.Struct, frozen=True):
    """The version that two sides talk in; `is_fallback`: they have none in common."""

    id: SchemaId
    is_fallback: bool = False


def parse(text: str) -> SchemaId | None:
    """Return the id that a text is, if it is one."""
    if len(text) > len(PREFIX) + MAX_ID_LETTERS:
        return None
    bare = text.removeprefix(PREFIX)
    found = _ID.fullmatch(bare)
    if found is None or len(bare) > MAX_ID_LETTERS:
        return None
    return SchemaId(found[1], int(found[2]))


def parse_custom(text: str) -> SchemaId:
    """Return the id of somebody's own schema, or say how one is written."""
    found = parse(text)
    if found is None or not found.is_custom:
        raise UsageError(
            "invalid_schema_id",
            f"{text[:80]!a} is no id of a schema of one's own.",
            "Write x-<namespace>/<schema>/v<number>, e.g. x-acme/invoice/v1: small letters, "
            f"digits, - and . between them, {MAX_ID_LETTERS} letters at most.",
        )
    return found


def agree(name: str, ours: Iterable[SchemaId], theirs: Iterable[SchemaId]) -> Agreed | None:
    """Return the version for both sides: the highest that both have.

    Where both have the schema and no version in common: the lowest that either has, which both
    have the best chance to understand. None if one side has not got the schema at all.
    """
    our_versions = {schema.version for schema in ours if schema.name == name}
    their_versions = {schema.version for schema in theirs if schema.name == name}
    if not our_versions or not their_versions:
        return None
    if common := our_versions & their_versions:
        return Agreed(SchemaId(name, max(common)))
    return Agreed(SchemaId(name, min(our_versions | their_versions)), is_fallback=True)
