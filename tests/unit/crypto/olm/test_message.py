import os
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.olm.message import check_normal, read_pre_key
from agentmesh.errors import CryptoError
from tests.support.suite_pairs import LIBRARIES, olm_library

KEY = b"\x09" + bytes(31)
ONE, TWO, THREE = (bytes([number]) + KEY[1:] for number in (9, 16, 25))
BODY = b"c" * 32
MAC = b"m" * 8
# Every point whose multiples are few, in the spellings that RFC 7748 readers accept.
PRIME = 2**255 - 19
LOW_ORDER = [
    value.to_bytes(32, "little")
    for value in (
        0,
        1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
        PRIME - 1,
        PRIME,
        PRIME + 1,
    )
]


def field(tag: int, value: bytes) -> bytes:
    return bytes([tag, len(value)]) + value


def normal(key: bytes = KEY, number: bytes = b"\x05", body: bytes = BODY) -> bytes:
    return b"\x03" + field(0x0A, key) + b"\x10" + number + field(0x22, body) + MAC


def pre_key(one: bytes = ONE, two: bytes = TWO, three: bytes = THREE) -> bytes:
    return b"\x03" + field(10, one) + field(18, two) + field(26, three) + field(34, normal())


def refusal(message: bytes) -> str:
    with pytest.raises(CryptoError) as caught:
        check_normal(message)
    return caught.value.code


def test_an_ordinary_message_is_taken() -> None:
    check_normal(normal())
    check_normal(normal(number=b"\x80\x01"))


@pytest.mark.parametrize("name", LIBRARIES)
def test_what_the_libraries_write_is_taken(name: str) -> None:
    library = olm_library(name)
    account = library.make_account()
    begun = library.begin(account.identity, account.one_time, lambda own: own)
    first = read_pre_key(begun.message)
    assert (first.identity, first.one_time) == (begun.identity, account.one_time)
    session, said = library.join(account.pickle, begun.identity, begun.message)
    assert said == begun.identity
    for _ in range(200):  # until the number takes two bytes
        session, message = library.encrypt(session, os.urandom(300))
        check_normal(message)


@pytest.mark.parametrize("key", LOW_ORDER)
def test_a_point_of_low_order_is_no_key(key: bytes) -> None:
    assert refusal(normal(key)) == "point_invalid"
    for message in (pre_key(one=key), pre_key(two=key), pre_key(three=key)):
        with pytest.raises(CryptoError, match="point_invalid"):
            read_pre_key(message)


@pytest.mark.parametrize("key", [(PRIME + 9).to_bytes(32, "little"), KEY[:31] + b"\x80"])
def test_a_second_spelling_of_a_key_is_no_key(key: bytes) -> None:
    assert refusal(normal(key)) == "point_invalid"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x03",
        normal()[:-9],
        b"\x04" + normal()[1:],
        normal(KEY[:-1]),
        normal(number=b"\x80"),
        normal(number=b"\x85\x00"),
        normal(number=b"\xff\xff\xff\xff\xff\xff\x01"),
        normal(body=b""),
        normal(body=b"c" * 31),
        normal()[:-8] + b"\x28\x01" + MAC,
        b"\x03" + field(0x0A, KEY) + normal()[1:],
        b"\x03\x10\x05" + field(0x0A, KEY) + field(0x22, BODY) + MAC,
        b"\x03" + b"\x0a\xff\x7f" + KEY,
    ],
)
def test_another_spelling_is_no_message(message: bytes) -> None:
    assert refusal(message) == "olm_malformed"


@given(st.binary(max_size=200))
def test_garbage_is_refused_in_our_own_words(data: bytes) -> None:
    for read in (check_normal, read_pre_key):
        for message in (data, b"\x03" + data, normal()[: len(data)] + data):
            with suppress(CryptoError):
                read(message)
