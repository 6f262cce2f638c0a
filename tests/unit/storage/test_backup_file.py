"""A backup's file: what went in comes out, or nothing does."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Cost
from agentmesh.errors import AgentMeshError, IntegrityError, NotPermitted, UsageError
from agentmesh.storage.backup_file import MAGIC, PIECE, Reader, Writer
from tests.support.hostile import FUZZ, garbage
from tests.support.world import FakeEntropy

WORDS = Secret(b"of the backup")
CHEAP = Cost((1, 8))
STREAM = b"abc" * PIECE


def sealed(stream: bytes) -> bytes:
    file = io.BytesIO()
    writer = Writer(file, WORDS, FakeEntropy(), CHEAP)
    for start in range(0, len(stream), 100_000):
        writer.write(stream[start : start + 100_000])
    writer.finish()
    return file.getvalue()


def opened(data: bytes, size: int, words: Secret = WORDS) -> bytes:
    reader = Reader(io.BytesIO(data), words)
    stream = reader.read(size)
    reader.finish()
    return stream


LARGE = sealed(STREAM)
SMALL = sealed(b"hello")


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_what_went_in_comes_out(size: int) -> None:
    assert opened(sealed(STREAM[:size]), size) == STREAM[:size]


def test_nothing_of_it_can_be_read_without_the_passphrase() -> None:
    assert b"hello" not in SMALL
    with pytest.raises(NotPermitted) as caught:
        opened(SMALL, 5, Secret(b"another"))
    assert caught.value.code == "passphrase_wrong"


@FUZZ
@given(cut=st.integers(0, len(SMALL) - 1))
def test_what_was_cut_off_anywhere_is_missed(cut: int) -> None:
    with pytest.raises(IntegrityError) as caught:
        opened(SMALL[:cut], 5)
    assert caught.value.code in {"backup_damaged", "backup_malformed"}


@FUZZ
@given(place=st.integers(len(MAGIC) + 8, len(SMALL) - 1), bit=st.integers(0, 7))
def test_every_flipped_bit_is_noticed(place: int, bit: int) -> None:
    changed = bytearray(SMALL)
    changed[place] ^= 1 << bit
    with pytest.raises((IntegrityError, NotPermitted)):
        opened(bytes(changed), 5)


def pieces(data: bytes) -> tuple[bytes, list[bytes]]:
    head, rest = data[: len(MAGIC) + 24], data[len(MAGIC) + 24 :]
    found = []
    while rest:
        length = (struct.unpack(">I", rest[:4])[0] & ~(1 << 31)) + 4
        found.append(rest[:length])
        rest = rest[length:]
    return head, found


def test_pieces_cannot_be_left_out_moved_or_repeated() -> None:
    head, found = pieces(LARGE)
    first, one, two, *last = found
    for order in ([first, two, one, *last], [first, one, *last], [first, one, one, two, *last]):
        with pytest.raises(IntegrityError):
            opened(head + b"".join(order), len(STREAM))
    with pytest.raises(IntegrityError):
        opened(head + b"".join(found[:-1]), len(STREAM) - PIECE)


def test_what_stands_behind_the_end_is_refused() -> None:
    with pytest.raises(IntegrityError):
        opened(SMALL + b"x", 5)
    with pytest.raises(IntegrityError):
        opened(SMALL, 4)
    with pytest.raises(IntegrityError):
        opened(SMALL, 6)


def test_a_newer_one_is_not_called_damaged() -> None:
    with pytest.raises(UsageError) as caught:
        opened(SMALL.replace(b" 1\n", b" 2\n", 1), 5)
    assert caught.value.code == "backup_newer"


def test_a_planted_cost_is_refused_before_the_work() -> None:
    planted = MAGIC + struct.pack(">II", 1 << 31, 1 << 31) + SMALL[len(MAGIC) + 8 :]
    with pytest.raises(IntegrityError):
        opened(planted, 5)


@FUZZ
@given(data=garbage(), with_head=st.booleans())
def test_anything_can_be_taken_for_a_backup(data: bytes, with_head: bool) -> None:
    head = SMALL[: len(MAGIC) + 24] if with_head else b""
    with pytest.raises(AgentMeshError):
        opened(head + data, 5)
