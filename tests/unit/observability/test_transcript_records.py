"""The records of a transcript."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.aead import OVERHEAD
from agentmesh.crypto.secret import Secret
from agentmesh.errors import UsageError
from agentmesh.observability.transcript_records import (
    MAGIC,
    MAX_ENTRY,
    RUN_BYTES,
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


def runs(*bodies: list[bytes]) -> bytes:
    place, made, entropy = Place(), b"", FakeEntropy()
    for run in bodies:
        record, place = write(KEY, place, [entry(body) for body in run], entropy)
        made += record
    return made


ONE, TWO, THREE = records(b"one", b"two", b"three")
FILE = MAGIC + ONE + TWO + THREE
WORDS = [b"a", b"b", b"c", b"one", b"two", b"d"]
RUNS = MAGIC + runs([b"a", b"b", b"c"], [b"one"], [b"two", b"d"])
VECTORS = Path(__file__).parents[2] / "vectors"


def read(data: bytes, key: Secret = KEY) -> tuple[list[bytes], Reader]:
    reader = Reader(key, data)
    return [found.body for found in reader], reader


def test_entries_that_are_written_together_are_sealed_together() -> None:
    together, place = write(KEY, Place(), [entry(it) for it in (b"one", b"two")], FakeEntropy())
    assert len(together) < len(ONE + TWO) - OVERHEAD
    assert write(KEY, place, [], FakeEntropy()) == (b"", place)
    last, _ = write(KEY, place, [entry(b"three")], FakeEntropy("others"))
    bodies, reader = read(MAGIC + together + last)
    assert bodies == [b"one", b"two", b"three"]
    assert reader.place.number == 4


@pytest.mark.parametrize("size", [0, 100, RUN_BYTES // 2, RUN_BYTES, 5 * RUN_BYTES])
def test_no_run_is_large_unless_a_single_entry_is(size: int) -> None:
    said = [entry(b"x" * size) for _ in range(300)]
    data, _ = write(KEY, Place(), said, FakeEntropy())
    reader, sealed, entries = Reader(KEY, MAGIC + data), [], [0]
    for _ in reader:
        if not reader.place.inside:
            sealed.append(reader.place.end)
            entries.append(reader.place.number - 1)
    runs = [after - before for before, after in pairwise(entries)]
    records = [after - before for before, after in pairwise([len(MAGIC), *sealed])]
    assert sum(runs) == 300
    assert all(it <= RUN_BYTES for it in records) or set(runs) == {1}
    assert size > RUN_BYTES // 4 or len(runs) < 300 * (size + 200) / RUN_BYTES + 1


def test_what_0_3_0_wrote_is_read_and_gone_on_from() -> None:
    frozen = json.loads((VECTORS / "transcript_0_3.json").read_text())
    key, old = Secret(bytes.fromhex(frozen["key"])), bytes.fromhex(frozen["file"])
    before = [it.encode() for it in frozen["bodies"]]
    bodies, reader = read(old, key)
    assert (bodies, reader.is_damaged, reader.is_torn) == (before, False, False)
    new, _ = write(key, reader.place, [entry(b"one"), entry(b"two")], FakeEntropy())
    bodies, reader = read(old + new, key)
    assert (bodies, reader.place.number) == ([*before, b"one", b"two"], 6)


def test_every_place_leads_on() -> None:
    reader = Reader(KEY, RUNS)
    for number in range(len(WORDS) + 1):
        assert [it.body for it in Reader(KEY, RUNS, reader.place)] == WORDS[number:]
        assert reader.place.number == number + 1
        next(iter(reader), None)


def test_a_place_behind_the_end_of_a_run_is_none() -> None:
    reader = Reader(KEY, RUNS, Place(number=5, inside=4))
    assert list(reader) == []
    assert reader.is_damaged


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


@given(st.integers(0, len(RUNS) * 8 - 1))
def test_every_flipped_bit_is_damage_and_never_a_crash(bit: int) -> None:
    data = bytearray(RUNS)
    data[bit // 8] ^= 1 << bit % 8
    bodies, reader = read(bytes(data))
    assert reader.is_damaged
    assert bodies == WORDS[: len(bodies)]
    assert reader.place.number == len(bodies) + 1


@given(st.integers(len(MAGIC) + 1, len(RUNS) - 1))
def test_every_cut_is_torn_or_between_two_records(length: int) -> None:
    bodies, reader = read(RUNS[:length])
    assert not reader.is_damaged
    assert reader.is_torn or reader.place.end == length
    assert bodies == WORDS[: len(bodies)]


def test_an_entry_has_a_bound() -> None:
    with pytest.raises(UsageError) as caught:
        write(KEY, Place(), [entry(b"x" * MAX_ENTRY)], FakeEntropy())
    assert caught.value.code == "entry_too_large"
