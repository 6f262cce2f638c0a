"""What the log says is read with its bounds, and tells nobody an AMID."""

import msgspec
import pytest
from nacl.signing import SigningKey

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import LOG_ENTRY_BYTES
from agentmesh.protocol.merkle import EMPTY
from agentmesh.protocol.signed import Purpose, sign
from agentmesh.protocol.transparency import (
    LogEntry,
    TreeHead,
    document_hash,
    read_entry,
    read_head,
    subject_of,
)

ALICE = Amid("2wVn8rYyzQ3XKmB1gDq5sTfLpWcH")
KEY = SigningKey(b"l" * 32)
HEAD = TreeHead(size=0, root=EMPTY, revocations=0, revocations_root=EMPTY, timestamp=7)
ENTRY = LogEntry(
    kind="record",
    subject=subject_of(ALICE),
    document=document_hash(b"signed"),
    previous=None,
    timestamp=7,
)


def test_an_entry_comes_back() -> None:
    data = msgspec.msgpack.encode(ENTRY)
    assert read_entry(data) == ENTRY
    assert len(data) <= 96


def test_an_entry_of_a_kind_to_come_is_taken() -> None:
    entry = msgspec.structs.replace(ENTRY, kind="certificate")
    assert read_entry(msgspec.msgpack.encode(entry)).kind == "certificate"


def test_an_entry_holds_no_amid() -> None:
    assert ALICE.encode() not in msgspec.msgpack.encode(ENTRY)
    assert subject_of(ALICE) != document_hash(ALICE.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode(["record", b"short", b"d" * 32, None, 7]),
        msgspec.msgpack.encode(["record", b"s" * 32, b"d" * 32, -1, 7]),
        msgspec.msgpack.encode(["record", b"s" * 32, b"d" * 32, None, 7, "more"]),
        msgspec.msgpack.encode(["record", b"s" * 32, b"d" * 32]),
        msgspec.msgpack.encode(["r" * 65, b"s" * 32, b"d" * 32, None, 7]),
        msgspec.msgpack.encode(ENTRY) + b"\0" * LOG_ENTRY_BYTES,
    ],
)
def test_what_is_no_entry_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="no form"):
        read_entry(data)


def test_a_head_is_read_by_its_signature() -> None:
    signed = sign(HEAD, Purpose.TREE_HEAD, KEY)
    assert read_head(signed) == HEAD
    assert (HEAD.entries_stand, HEAD.revocations_stand) == (HEAD.entries_stand,) * 2
    for bad in (
        sign(HEAD, Purpose.RECORD, KEY),
        msgspec.structs.replace(signed, payload=signed.payload + b"\0"),
        msgspec.structs.replace(signed, signer=bytes(SigningKey(b"m" * 32).verify_key)),
    ):
        with pytest.raises(RemoteProtocolError) as caught:
            read_head(bad)
        assert caught.value.code == "log_head_invalid"
