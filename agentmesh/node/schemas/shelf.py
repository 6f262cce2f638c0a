"""The schemas at hand: those of the standard, and those that the owner added."""

import logging
from importlib.resources import files
from typing import Any

import msgspec

from agentmesh.errors import UsageError
from agentmesh.messages import capabilities
from agentmesh.messages.schemas.catalogue import MAX_CUSTOM, Catalogue
from agentmesh.messages.schemas.compiled import Compiled
from agentmesh.messages.schemas.names import SchemaId, parse, parse_custom
from agentmesh.node.at_hand import AtHand
from agentmesh.observability.logs import record
from agentmesh.storage.interface import CardRow, DropCard, Put

DRAWER = "schemas"
_STANDARD = files("agentmesh.messages.schemas") / "standard"

log = logging.getLogger("agentmesh.node")


class SchemaShelf:
    """Keeps the owner's schemas, and says what we understand when somebody knocks."""

    def __init__(self, hand: AtHand, own: tuple[str, ...] = ()) -> None:
        """`own` is what our agent can do."""
        self._hand = hand
        self._own = own
        self._put(Catalogue.of(_standard()))

    async def load(self) -> None:
        """Take up the schemas that the owner added. Called once, at the start."""
        texts = _standard()
        for card in await self._hand.store.cards(DRAWER):
            schema_id = parse(card.name)
            if schema_id is None:
                record(log, logging.WARNING, "schema.unreadable")
                continue
            texts[schema_id] = card.body
        self._put(Catalogue.of(texts))

    async def add(self, name: str, schema: dict[str, Any]) -> SchemaId:
        """Keep a schema of the owner's; an older one of this id is replaced."""
        schema_id = parse_custom(name)
        customs = [it for it in self.catalogue.ids() if it.is_custom and it != schema_id]
        if len(customs) >= MAX_CUSTOM:
            raise UsageError(
                "too_many_schemas",
                f"{MAX_CUSTOM} schemas of one's own are kept at most.",
                "Remove one that is not used: agentmesh schemas remove ID",
            )
        text = msgspec.json.encode(schema)
        catalogue = self.catalogue.add(Compiled(schema_id, text), text)
        now = self._hand.clock.now()
        card = CardRow(drawer=DRAWER, name=str(schema_id), body=text, created_at=now)
        await self._hand.store.commit([Put(card)])
        self._put(catalogue)
        return schema_id

    async def remove(self, name: str) -> SchemaId:
        """Forget a schema of the owner's."""
        schema_id = self.find(name)
        if not schema_id.is_custom:
            raise UsageError("schema_is_standard", "The schemas of the standard stay.")
        await self._hand.store.commit([DropCard(DRAWER, str(schema_id))])
        self._put(self.catalogue.remove(schema_id))
        return schema_id

    def find(self, name: str) -> SchemaId:
        """Return the id of a schema that is at hand."""
        schema_id = parse(name)
        if schema_id is None or schema_id not in self.catalogue:
            raise UsageError(
                "unknown_schema",
                f"There is no schema {name[:80]!a}.",
                "`agentmesh schemas list` shows all.",
            )
        return schema_id

    def _put(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._hand.keys.offer(capabilities.offers(self._own, catalogue.ids()))


def _standard() -> dict[SchemaId, bytes]:
    """Return the shipped schemas: a file's name is its id, with `.` for `/`."""
    found: dict[SchemaId, bytes] = {}
    for file in _STANDARD.iterdir():
        schema_id = parse(file.name.removesuffix(".json").replace(".", "/"))
        if schema_id is not None:
            found[schema_id] = file.read_bytes()
    return found
