"""Base58, against the vectors that Bitcoin and the IETF draft publish."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.protocol.base58 import decode, encode

VECTORS = {
    "": "",
    "61": "2g",
    "626262": "a3gV",
    "636363": "aPEr",
    "73696d706c792061206c6f6e6720737472696e67": "2cFupjhnEsSn59qHXstmK2ffpLv2",
    "00eb15231dfceb60925886b67d065299925915aeb172c06647": "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L",
    "516b6fcd0f": "ABnLTmg",
    "bf4f89001e670274dd": "3SEo3LWLoPntC",
    "572e4794": "3EFU7m",
    "ecac89cad93923c02321": "EJDM8drfXA6uyA",
    "10c8511e": "Rt5zm",
    "00000000000000000000": "1111111111",
    "48656c6c6f20576f726c6421": "2NEpo7TZRRrLZSi2U",
    "0000287fb4cd": "11233QC4",
}


@pytest.mark.parametrize(("data", "text"), VECTORS.items(), ids=VECTORS.values())
def test_what_others_publish_is_what_we_write_and_read(data: str, text: str) -> None:
    assert encode(bytes.fromhex(data)) == text
    assert decode(text) == bytes.fromhex(data)


@given(st.integers(0, 5), st.binary(max_size=60))
def test_bytes_come_back_with_all_their_zeros(zeros: int, rest: bytes) -> None:
    data = bytes(zeros) + rest
    assert decode(encode(data)) == data


@given(st.text("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", max_size=60))
def test_there_is_one_spelling_only(text: str) -> None:
    assert encode(decode(text)) == text


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "a b", "2g\n", "é", "\ud800", "²"])
def test_letters_that_look_alike_or_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not base58"):
        decode(text)


def test_length_is_looked_at_first() -> None:
    assert decode("1" * 128) == bytes(128)
    for text in ("1" * 129, "z" * 10_000_000):
        with pytest.raises(ValueError, match="too long"):
            decode(text)
    with pytest.raises(ValueError, match="too long"):
        decode("11", limit=1)
