"""The file with the sealed keys."""

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Cost
from agentmesh.errors import AgentMeshError, IntegrityError, NotPermitted
from agentmesh.protocol.ids import Amid
from agentmesh.storage import key_sealing
from agentmesh.storage.key_sealing import MAGIC, Lock, SealedKeys
from tests.support.world import FakeEntropy

CHEAP = Cost((1, 8))
MASTER, SEED, FIRST = Secret(b"m" * 32), Secret(b"s" * 32), Secret(b"x" * 32)
AMID = Amid("2wVn8rYyzQ3X")


def sealed(amid: Amid = AMID, first: Secret | None = FIRST) -> SealedKeys:
    box = key_sealing.seal_keys(MASTER, amid, (SEED, first), FakeEntropy())
    lock = Lock(storage="file", held=MASTER.reveal())
    return SealedKeys(amid=amid, created_at=1.5, lock=lock, box=box)


FILE = key_sealing.encode(sealed())


def code_of(data: bytes) -> str:
    """What stands in the way of opening these bytes."""
    with pytest.raises(AgentMeshError) as caught:
        opened(data)
    return caught.value.code


def opened(data: bytes) -> tuple[Secret, Secret | None]:
    keys = key_sealing.decode(data)
    return key_sealing.open_keys(key_sealing.kept_master(keys.lock), keys)


@pytest.mark.parametrize("first", [FIRST, None])
def test_what_was_sealed_opens(first: Secret | None) -> None:
    assert opened(key_sealing.encode(sealed(first=first))) == (SEED, first)


@given(st.integers(0, len(FILE) * 8 - 1))
def test_every_flipped_bit_is_noticed(bit: int) -> None:
    data = bytearray(FILE)
    data[bit // 8] ^= 1 << bit % 8
    assert code_of(bytes(data)) == "key_damaged"


@given(st.integers(0, len(FILE) - 1))
def test_every_truncation_is_noticed(length: int) -> None:
    assert code_of(FILE[:length]) == "key_damaged"


def test_keys_do_not_open_under_another_name() -> None:
    keys = msgspec.structs.replace(sealed(), amid=Amid("another"))
    assert code_of(key_sealing.encode(keys)) == "key_damaged"


@pytest.mark.parametrize(
    "body", [b"", b"\xc0", b"\x81\xa4amid\xa1x", b"\x91" * 2000, b"\xd9\x01\xff"]
)
def test_a_right_checksum_over_nonsense_is_damage(body: bytes) -> None:
    assert code_of(MAGIC + hashlib.sha256(body).digest() + body) == "key_damaged"


def test_a_file_that_holds_half_a_master_is_damaged() -> None:
    keys = msgspec.structs.replace(sealed(), lock=Lock(storage="file", held=b"m" * 31))
    assert code_of(key_sealing.encode(keys)) == "key_damaged"


def test_a_passphrase_opens_its_lock_and_no_other_does() -> None:
    lock = key_sealing.lock_with_passphrase(MASTER, Secret(b"right"), FakeEntropy(), CHEAP)
    assert key_sealing.unlock_with_passphrase(lock, Secret(b"right")) == MASTER
    with pytest.raises(NotPermitted) as caught:
        key_sealing.unlock_with_passphrase(lock, Secret(b"wrong"))
    assert caught.value.code == "passphrase_wrong"


def test_a_lock_cut_short_is_damaged() -> None:
    lock = key_sealing.lock_with_passphrase(MASTER, Secret(b"right"), FakeEntropy(), CHEAP)
    short = Lock(storage="passphrase", held=lock.held[:-1])
    with pytest.raises(IntegrityError) as caught:
        key_sealing.unlock_with_passphrase(short, Secret(b"right"))
    assert caught.value.code == "key_damaged"


def test_the_master_never_shows() -> None:
    assert repr(sealed().lock) == "Lock(file)"
    assert "mmmm" not in repr(sealed())


def test_a_new_master_is_drawn() -> None:
    assert key_sealing.new_master(FakeEntropy()) == Secret(FakeEntropy()(32))
