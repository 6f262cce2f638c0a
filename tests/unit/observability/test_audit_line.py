"""One line of the audit log."""

import hashlib
import hmac
import json

from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.secret import Secret
from agentmesh.observability.audit_line import START, Event, Head, Marks, read, write
from agentmesh.observability.logs import Code
from agentmesh.protocol.ids import Amid

KEY = Secret(b"k" * 32)
MARKS = Marks(KEY)
RAW, HEAD = write(MARKS, Head(), "t", Event.KNOCK_SENT, [{"peer": Amid("2wVn"), "size": 3}])


def test_a_line_is_one_json_object() -> None:
    assert RAW.endswith(b"\n")
    assert json.loads(RAW) == {
        "seq": 1,
        "time": "t",
        "event": "knock_sent",
        "fields": {"peer": "2wVn", "size": 3},
        "prev": START,
        "hash": HEAD.hash,
    }


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_a_mark_is_an_hmac(key: bytes, body: bytes) -> None:
    assert Marks(Secret(key)).mark(body) == hmac.new(key, body, hashlib.sha256).hexdigest()
    assert not Marks(Secret(key)).fits(body, "ü" * 64)


def test_lines_are_tied_together() -> None:
    raw, head = write(MARKS, HEAD, "t", Event.ERROR, [{}])
    found = read(MARKS, raw[:-1])
    assert found is not None
    assert (found[0].prev, found[0].seq, found[1]) == (HEAD.hash, 2, True)
    assert head == Head(2, found[0].hash)


def test_lines_that_are_written_together_are_those_that_are_written_one_by_one() -> None:
    facts = [{"peer": Amid("2wVn"), "size": n, "code": Code("a b")} for n in range(5)]
    together, last = write(MARKS, HEAD, "t", Event.MESSAGE_SENT, facts)
    one_by_one, head = b"", HEAD
    for fields in facts:
        line, head = write(MARKS, head, "t", Event.MESSAGE_SENT, [fields])
        one_by_one += line
    assert (together, last) == (one_by_one, head)
    assert write(MARKS, HEAD, "t", Event.MESSAGE_SENT, []) == (b"", HEAD)


@given(st.integers(0, len(RAW) * 8 - 9))
def test_every_flipped_bit_is_noticed(bit: int) -> None:
    data = bytearray(RAW[:-1])
    data[bit // 8] ^= 1 << bit % 8
    found = read(MARKS, bytes(data))
    assert found is None or not found[1]


def test_another_key_makes_no_line_of_ours() -> None:
    found = read(Marks(Secret(b"o" * 32)), RAW[:-1])
    assert found is not None
    assert not found[1]


def test_a_second_hash_or_a_space_more_is_no_line_of_ours() -> None:
    for raw in (RAW[:-1] + b" ", RAW[:-2] + b',"hash":"' + HEAD.hash.encode() + b'"}'):
        found = read(MARKS, raw)
        assert found is None or not found[1]


@given(st.binary(max_size=60))
def test_anything_can_be_read(raw: bytes) -> None:
    assert read(MARKS, raw) is None


def test_what_is_not_safe_stays_out() -> None:
    canary = {"a": Code("canary, in a sentence"), "b": Amid("canary\n"), "c": Code("c" * 65)}
    raw, _ = write(MARKS, Head(), "t", Event.ERROR, [canary])
    assert json.loads(raw)["fields"] == {"a": "?", "b": "?", "c": "?"}


def test_a_line_is_never_longer_than_a_reader_reads() -> None:
    fields = {f"{'f' * 20}{number}": Code("x" * 64) for number in range(1000)}
    raw, _ = write(MARKS, Head(), "2027-01-15T08:00:00.000Z", Event.ERROR, [fields])
    assert len(raw) < 4096
