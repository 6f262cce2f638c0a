"""Schemas that agents publish for others: signed by their author, and never changed again."""

from typing import Annotated

import msgspec

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.protocol.bounded import Milliseconds
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAX_ID_LETTERS, MAX_SCHEMA_BYTES
from agentmesh.protocol.signed import Document, Purpose, Signed, read

_PART = "[a-z0-9]+(?:[-.][a-z0-9]+)*"
SchemaName = Annotated[
    str,
    msgspec.Meta(pattern=f"^x-{_PART}/{_PART}/v[1-9][0-9]{{0,3}}$", max_length=MAX_ID_LETTERS),
]
"""`x-<namespace>/<schema>/v<n>`."""


class PublishedSchema(Document, frozen=True, kw_only=True):
    """A Draft-07 schema under its name. `text` is its JSON, as its author wrote it."""

    id: SchemaName
    author: Amid
    text: Annotated[bytes, msgspec.Meta(max_length=MAX_SCHEMA_BYTES)]
    published_at: Milliseconds

    @property
    def namespace(self) -> str:
        """What stands before the first slash."""
        return self.id.partition("/")[0]


def read_schema(signed: Signed) -> PublishedSchema:
    """Return a published schema, if it is by the author that it names and is a JSON object."""
    schema = read(signed, PublishedSchema, Purpose.SCHEMA)
    if schema.author != signed.amid:
        raise CryptoError("amid_mismatch", "The AMID does not follow from the schema's signer.")
    try:
        msgspec.json.decode(schema.text, type=dict)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError("invalid_schema", "A schema is a JSON object.") from None
    return schema
