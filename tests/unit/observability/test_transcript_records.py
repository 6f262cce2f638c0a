"""The records of a transcript."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.secret import Secret
from agentmesh.errors import UsageError
from agentmesh.observability.transcript_records import (
    MAGIC,
    MAX_ENTRY,
    Entry,
    Place,
    Reader,
    write,
)
from agentmesh.protocol.ids import Amid
from tests.support.world import FakeEntropy

KEY = Secret(b"k" * 32)
PEER = Amid("2wVn")


def entry(body: bytes) -> Entry:
    return Entry(at=1.5, kind="sent", peer=PEER, type="text", body=body)


def records(*bodies: bytes) -> list[bytes]:
    place, made, entropy = Place(), [], FakeEntropy()
    for body in bodies:
        record, place = write(KEY, place, [entry(body)], entropy)
        made.append(record)
    return made


ONE, TWO, THREE = records(b"one", b"two", b"three")
FILE = MAGIC + ONE + TWO + THREE


def read(data: bytes, key: Secret = KEY) -> tuple[list[bytes], Reader]:
    reader = Reader(key, data)
    return [found.body for found in reader], reader


def test_entries_that_are_written_together_are_the_same_records() -> None:
    together, place = write(KEY, Place(), [entry(it) for it in (b"one", b"two")], FakeEntropy())
    assert together == ONE + TWO
    assert write(KEY, place, [], FakeEntropy()) == (b"", place)
    last, _ = write(KEY, place, [entry(b"three")], FakeEntropy("others"))
    assert read(MAGIC + together + last)[0] == [b"one", b"two", b"three"]


def test_what_was_written_is_read() -> None:
    reader = Reader(KEY, FILE)
    assert list(reader) == [entry(b"one"), entry(b"two"), entry(b"three")]
    assert (reader.place.end, reader.place.number) == (len(FILE), 4)
    assert not reader.is_damaged
    assert not reader.is_torn


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        (MAGIC + TWO + THREE, []),
        (MAGIC + ONE + THREE, [b"one"]),
        (MAGIC + ONE + THREE + TWO, [b"one"]),
        (MAGIC + ONE + ONE, [b"one"]),
        (ONE + TWO, []),
        (b"", []),
    ],
)
def test_what_was_dropped_moved_or_doubled_does_not_open(data: bytes, seen: list[bytes]) -> None:
    bodies, reader = read(data)
    assert bodies == seen
    assert reader.is_damaged


def test_another_key_opens_nothing() -> None:
    bodies, reader = read(FILE, Secret(b"o" * 32))
    assert (bodies, reader.is_damaged) == ([], True)


@given(st.integers(0, len(FILE) * 8 - 1))
def test_every_flipped_bit_is_damage_and_never_a_crash(bit: int) -> None:
    data = bytearray(FILE)
    data[bit // 8] ^= 1 << bit % 8
    bodies, reader = read(bytes(data))
    assert reader.is_damaged
    assert bodies == [b"one", b"two", b"three"][: len(bodies)]


@given(st.integers(len(MAGIC) + 1, len(FILE) - 1))
def test_every_cut_is_torn_or_between_two_records(length: int) -> None:
    bodies, reader = read(FILE[:length])
    assert not reader.is_damaged
    assert reader.is_torn or reader.place.end == length
    assert bodies == [b"one", b"two", b"three"][: len(bodies)]


def test_an_entry_has_a_bound() -> None:
    with pytest.raises(UsageError) as caught:
        write(KEY, Place(), [entry(b"x" * MAX_ENTRY)], FakeEntropy())
    assert caught.value.code == "entry_too_large"
