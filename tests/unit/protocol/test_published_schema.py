"""Published schemas: what verifies, and what does not."""

import msgspec
import pytest

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.protocol.limits import MAX_SCHEMA_BYTES
from agentmesh.protocol.published_schema import read_schema
from agentmesh.protocol.signed import Purpose, sign
from tests.support.registrant import Registrant

ALICE, BOB = Registrant("alice"), Registrant("bob")


def test_a_schema_is_its_authors() -> None:
    schema = read_schema(ALICE.schema("x-acme/invoice/v1"))
    assert (schema.author, schema.namespace) == (ALICE.amid, "x-acme")


def test_nobody_publishes_in_anothers_name() -> None:
    with pytest.raises(CryptoError, match="AMID"):
        read_schema(BOB.schema("x-acme/invoice/v1", author=ALICE.amid))


def test_a_signature_for_something_else_is_none() -> None:
    schema = read_schema(ALICE.schema("x-acme/invoice/v1"))
    with pytest.raises(CryptoError):
        read_schema(sign(schema, Purpose.RECORD, ALICE.key))


@pytest.mark.parametrize("text", [b"", b"[]", b"1", b"{", b"\xff", b"[" * 9999], ids=repr)
def test_a_schema_is_a_json_object(text: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        read_schema(ALICE.schema("x-acme/invoice/v1", text))


@pytest.mark.parametrize(
    "changes",
    [{"id": "travel/flights/v1"}, {"id": "x-acme/invoice"}, {"id": "x-acme/../v1"}, {"id": ""},
     {"text": b"{" + b" " * MAX_SCHEMA_BYTES + b"}"}, {"published_at": -1}],
    ids=lambda it: str(it)[:40],
)  # fmt: skip
def test_what_is_out_of_bounds_is_malformed(changes: dict[str, object]) -> None:
    plain = msgspec.structs.replace(read_schema(ALICE.schema("x-acme/invoice/v1")), **changes)
    with pytest.raises(RemoteProtocolError):
        read_schema(sign(plain, Purpose.SCHEMA, ALICE.key))
