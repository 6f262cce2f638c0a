"""The schemas that this side knows: a value; each is compiled when it is first used."""

from collections.abc import Mapping
from typing import Any

from agentmesh.messages.schemas.compiled import Compiled
from agentmesh.messages.schemas.names import SchemaId
from agentmesh.messages.schemas.problems import Problem

MAX_CUSTOM = 100


class Catalogue:
    """Schemas by id. `add` and `remove` return another catalogue."""

    def __init__(self, texts: Mapping[SchemaId, bytes], ready: Mapping[SchemaId, Compiled]) -> None:
        self._texts = dict(texts)
        self._ready = dict(ready)

    @classmethod
    def of(cls, texts: Mapping[SchemaId, bytes]) -> "Catalogue":
        """Return a catalogue of these schemas, which were checked when they were made or added."""
        return cls(texts, {})

    def ids(self) -> list[SchemaId]:
        """Return all ids, those of the standard first."""
        return sorted(self._texts, key=lambda it: (it.is_custom, it))

    def __contains__(self, schema_id: SchemaId | None) -> bool:
        """Whether this schema is known."""
        return schema_id in self._texts

    def document(self, schema_id: SchemaId) -> dict[str, Any]:
        """Return a schema that is known."""
        return self._compiled(schema_id).document

    def text(self, schema_id: SchemaId) -> bytes:
        """Return a schema that is known as JSON."""
        return self._texts[schema_id]

    def problems(self, schema_id: SchemaId, value: Any, root: str) -> list[Problem]:
        """Return what in a value does not fit a schema that is known."""
        return self._compiled(schema_id).problems(value, root)

    def add(self, compiled: Compiled, text: bytes) -> "Catalogue":
        """Return the catalogue with one more schema."""
        return Catalogue({**self._texts, compiled.id: text}, {**self._ready, compiled.id: compiled})

    def remove(self, schema_id: SchemaId) -> "Catalogue":
        """Return the catalogue without a schema."""
        texts = {name: text for name, text in self._texts.items() if name != schema_id}
        return Catalogue(texts, {name: it for name, it in self._ready.items() if name in texts})

    def _compiled(self, schema_id: SchemaId) -> Compiled:
        if schema_id not in self._ready:
            self._ready[schema_id] = Compiled(schema_id, self._texts[schema_id])
        return self._ready[schema_id]
