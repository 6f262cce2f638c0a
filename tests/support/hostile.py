"""What a stranger may send: documents damaged or told otherwise, and bombs."""

import os
from collections.abc import Callable

import msgspec
from hypothesis import settings
from hypothesis import strategies as st

from agentmesh.errors import AgentMeshError

FUZZ = settings(max_examples=int(os.environ.get("AGENTMESH_FUZZ", "15")))
"""How often each door is tried: AGENTMESH_FUZZ=10000 for a long night."""

PIECES = [
    # Lengths without end, an extension, a time, a character cut in half, NaN, the largest number.
    b"\xdd\xff\xff\xff\xff",
    b"\xdf\xff\xff\xff\xff",
    b"\xdb\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
    b"\xc9\xff\xff\xff\xff\x01",
    b"\xd6\xff\x00\x00\x00\x00",
    b"\xa3\xed\xa0\x80",
    b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00",
    b"\xcf" + b"\xff" * 8,
    b"\x91" * 2000,
]
_PIECES = st.binary(max_size=8) | st.sampled_from(PIECES)
_KEYS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=40)
    | st.sampled_from([2**31, 2**53 + 1, "x" * 5000, bytes(1088)])
)
_LEAVES = _KEYS | st.just(msgspec.msgpack.Ext(1, b"x"))
_VALUES = st.recursive(
    _LEAVES,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(_KEYS, inside, max_size=3),
    max_leaves=6,
)


def refusal(read: Callable[[bytes], object], data: bytes) -> str:
    """Return the code that the data is refused with; empty if it is read. Nothing else may fly."""
    try:
        read(data)
    except AgentMeshError as error:
        return error.code
    return ""


def garbage() -> st.SearchStrategy[bytes]:
    """Return bytes of no kind, or any MessagePack."""
    return st.binary(max_size=200) | _VALUES.map(_packed)


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """Return the bytes with a piece taken out and another put in its place."""
    places = st.integers(0, min(len(data), 4000))

    def mend(place: int, size: int, piece: bytes) -> bytes:
        return data[:place] + piece + data[place + size :]

    return st.builds(mend, places, st.integers(0, 8), _PIECES)


@st.composite
def retold(draw: st.DrawFn, data: bytes) -> bytes:
    """Return the same document with some value in it replaced, left out or added."""
    try:
        whole = msgspec.msgpack.decode(data)
    except (msgspec.DecodeError, ValueError):  # not in this form
        return draw(damaged(data))
    inside = whole
    while True:
        places = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        if not places:
            break
        place = draw(st.sampled_from(places))
        if isinstance(inside[place], dict | list) and draw(st.booleans()):
            inside = inside[place]
            continue
        if draw(st.integers(0, 9)):
            inside[place] = draw(_like(inside[place]) | _VALUES)
        else:
            del inside[place]
        break
    return _packed(whole)


def _like(value: object) -> st.SearchStrategy[object]:
    """Return another value of the same form, which gets past the first look."""
    if isinstance(value, bytes):
        return st.integers(0, 255).map(lambda byte: bytes([byte]) * len(value))
    return st.integers(0, 2**31) if isinstance(value, int) else st.text(max_size=5)


def _packed(value: object) -> bytes:
    try:
        return msgspec.msgpack.encode(value)
    except (TypeError, UnicodeEncodeError):  # a list or half a character as a key
        return b"\xc1"


DEEP = 40_000
MSGPACK_BOMBS = {
    "an array without end": b"\xdd\xff\xff\xff\xff",
    "an array of a hundred million": b"\xdd\x06\x00\x00\x00" + b"\xc0" * 60_000,
    "a map without end": b"\xdf\xff\xff\xff\xff" + b"\xa1a\xc0" * 20_000,
    "words without end": b"\xdb\xff\xff\xff\xff" + b"a" * 60_000,
    "bytes without end": b"\xc6\xff\xff\xff\xff" + bytes(60_000),
    "an extension without end": b"\xc9\xff\xff\xff\xff\x01" + bytes(60_000),
    "arrays in arrays": b"\x91" * DEEP,
    "maps in maps": b"\x81\xa1a" * (DEEP // 2),
    "maps as keys of maps": b"\x81" * DEEP,
    "arrays without end in arrays without end": b"\xdd\xff\xff\xff\xff" * 8000,
    "a map with one key many times": b"\xde\x4e\x20" + b"\xa4type\xa1x" * 9000,
}
JSON_BOMBS = {
    "brackets": b"[" * 65_000,
    "brackets that close": b"[" * 32_000 + b"]" * 32_000,
    "objects in objects": b'{"a":' * 13_000,
    "a number of 65,000 digits": b"1" * 65_000,
    "many numbers of 4,300 digits": b"[" + b",".join([b"9" * 4300] * 15) + b"]",
    "an exponent without end": b"1e" + b"9" * 65_000,
    "not a number": b"[" + b"NaN," * 16_000 + b"1]",
    "an infinity": b"[-Infinity]",
    "a key many times": b"{" + b'"a":1,' * 10_000 + b'"a":1}',
    "a key twice, spelt otherwise": b'{"a":1,"\\u0061":2}',
    "half a character": b'["' + b"\\ud800" * 10_000 + b'"]',
    "half a character as a key": b'{"\\udfff":1}',
    "half a character in UTF-8": b'"\xed\xa0\x80"',
    "words that never end": b'"' + b"\\" * 65_000,
    "spaces": b" " * 65_000,
    "more than fits": b'"' + b"a" * 10_000_000 + b'"',
}
LARGE_JSON = {
    "many brackets side by side": b"[" + b"[" * 31 + b"]" * 31 + b",[]" * 21_000 + b"]",
    "a fraction of 65,000 digits": b"0." + b"1" * 65_000,
}
"""Odd, and yet read."""
