import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Cost, Vault, unwrap_key, wrap_key
from agentmesh.errors import CryptoError, IntegrityError, UsageError

KEY = Secret(b"\x07" * 32)
CHEAP = Cost((1, 8))
WORD = Secret(b"correct horse")


@given(st.binary(max_size=200), st.binary(max_size=30))
def test_a_value_opens_at_its_place(data: bytes, place: bytes) -> None:
    vault = Vault(KEY, os.urandom)
    assert vault.open(place, vault.seal(place, data)) == data


def test_a_value_opens_at_no_other_place_and_under_no_other_key() -> None:
    box = Vault(KEY, os.urandom).seal(b"session/1", b"data")
    with pytest.raises(CryptoError):
        Vault(KEY, os.urandom).open(b"session/2", box)
    with pytest.raises(CryptoError):
        Vault(Secret(b"\x08" * 32), os.urandom).open(b"session/1", box)


@given(st.binary(max_size=120))
def test_rubbish_is_damage_and_nothing_else(data: bytes) -> None:
    for attempt in (
        lambda: Vault(KEY, os.urandom).open(b"x", data),
        lambda: unwrap_key(data, WORD),
    ):
        with pytest.raises(IntegrityError):
            attempt()


def test_every_flipped_bit_and_every_cut_of_a_value_is_noticed() -> None:
    vault = Vault(KEY, os.urandom)
    box = vault.seal(b"x", b"data")
    for bit in range(len(box) * 8):
        forged = bytearray(box)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(IntegrityError):
            vault.open(b"x", bytes(forged))
    for size in range(len(box)):
        with pytest.raises(IntegrityError):
            vault.open(b"x", box[:size])


def test_the_passphrase_gives_the_key_back() -> None:
    blob = wrap_key(KEY, WORD, os.urandom, CHEAP)
    assert unwrap_key(blob, WORD) == KEY
    assert KEY.reveal() not in blob


def test_another_passphrase_does_not_fit() -> None:
    with pytest.raises(CryptoError) as caught:
        unwrap_key(wrap_key(KEY, WORD, os.urandom, CHEAP), Secret(b"wrong"))
    assert caught.value.code == "passphrase_wrong"


def test_every_flipped_byte_of_a_wrapped_key_is_noticed_at_a_bounded_cost() -> None:
    blob = wrap_key(KEY, WORD, os.urandom, CHEAP)
    # Byte 7 may ask for up to 64 MiB: allowed, and only slow.
    for index in (i for i in range(len(blob)) if i != 7):
        forged = bytearray(blob)
        forged[index] ^= 0x80
        with pytest.raises(IntegrityError):
            unwrap_key(bytes(forged), WORD)
    for size in range(len(blob)):
        with pytest.raises(IntegrityError):
            unwrap_key(blob[:size], WORD)


def test_a_blob_may_not_ask_for_endless_work() -> None:
    blob = wrap_key(KEY, WORD, os.urandom, CHEAP)
    for cost in (b"\xff\xff\xff\xff" + blob[5:9], blob[1:5] + b"\xff\xff\xff\xff", bytes(8)):
        with pytest.raises(IntegrityError) as caught:
            unwrap_key(blob[:1] + cost + blob[9:], WORD)
        assert caught.value.code == "key_damaged"


def test_only_a_whole_key_is_wrapped() -> None:
    with pytest.raises(UsageError):
        wrap_key(Secret(b"short"), WORD, os.urandom, CHEAP)
