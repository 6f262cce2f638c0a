"""JSON that two readers could read differently is not read at all."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.strict_json import read_json, write_json
from agentmesh.protocol.limits import MAX_JSON_DEPTH, MAX_PAYLOAD

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text("abé"), inner), max_leaves=20
)

AMBIGUOUS = {
    "a key twice": '{"a":1,"a":2}',
    "a key twice, far inside": '[{"b":{"a":1,"\\u0061":2}}]',
    "not a number": '{"a":NaN}',
    "an infinity": "[-Infinity]",
    "a float without bound": "[1e999]",
    "an integer without bound": str(2**64),
    "a negative integer without bound": str(-(2**63) - 1),
    "half a character": '"\\ud800"',
    "half a character as a key": '{"\\udfff":1}',
    "too many brackets": "[" * 33 + "]" * 33,
    "too many objects": '{"a":' * 33 + "1" + "}" * 33,
    "brackets by the thousand": "[" * 30_000 + "]" * 30_000,
}
MALFORMED = {
    "nothing": b"",
    "words": b"hello",
    "two values": b"1 2",
    "a comma too many": b'{"a":1,}',
    "not UTF-8": b'"\xff"',
    "a surrogate in UTF-8": b'"\xed\xa0\x80"',
    "a byte order mark": b"\xef\xbb\xbf1",
    "an integer of five thousand digits": b"1" * 5000,
    "a bare line end": b'"a\nb"',
}


@given(VALUES)
def test_a_value_comes_out_as_it_went_in(value: object) -> None:
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(write_json(value)) == value


@given(st.dictionaries(st.text(), st.text()))
def test_texts_are_written_as_all_else_is(value: dict[str, str]) -> None:
    written = json.dumps([value], ensure_ascii=False, separators=(",", ":")).encode()
    assert write_json(value) == written[1:-1]
    assert write_json([value]) == written


@pytest.mark.parametrize("value", [{"a": "\ud800"}, {"\ud800": "a"}, ["\ud800"]])
def test_half_a_character_is_not_written(value: object) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_json(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_is_ambiguous_is_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        read_json(text.encode())
    assert caught.value.code == "json_ambiguous"


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        read_json(data)
    assert caught.value.code == "json_malformed"


TEXTS = ('"a"', '"b"', '"\\u0061"', '"a:"', '"\\":"', '"é"', '"\x7f"', '"\\ud83d\\ude00"')
ODD = ('"\x01"', '"a\nb"', '"\\x"', '"\\ud800"', '"', "1", "null", "{}", '["a"]', "", '"a":"a"')
MEMBERS = st.tuples(
    st.sampled_from(TEXTS), st.sampled_from(":::: \n"), st.sampled_from(TEXTS * 4 + ODD)
)


@given(st.lists(MEMBERS, max_size=4))
def test_an_object_of_texts_is_read_as_it_is_within_another(
    members: list[tuple[str, str, str]],
) -> None:
    text = "{" + ",".join(key + colon.ljust(2) + value for key, colon, value in members) + "}"
    assert outcome(text) == outcome(f'{{"more":[1,{text}]}}', lambda value: value["more"][1])


def outcome(text: str, choose: Callable[[Any], object] = lambda value: value) -> object:
    try:
        return choose(read_json(text.encode()))
    except RemoteProtocolError as error:
        return error.code


def test_the_deepest_that_is_allowed_is_read() -> None:
    text = "[" * MAX_JSON_DEPTH + "1" + "]" * MAX_JSON_DEPTH
    assert write_json(read_json(text.encode())) == text.encode()


def test_many_brackets_side_by_side_are_not_deep() -> None:
    wide = [{"a": ["[[[{{{"]}] * 100
    assert read_json(write_json(wide)) == wide


def test_a_character_in_two_halves_is_read() -> None:
    assert read_json(b'{"\\ud83d\\ude00": "\\ud83d\\ude00"}') == {"😀": "😀"}


def test_size_is_looked_at_first() -> None:
    assert read_json(b"1" + b" " * (MAX_PAYLOAD - 1)) == 1
    for data, limit in ((b" " * (MAX_PAYLOAD + 1), MAX_PAYLOAD), (b"123", 2)):
        with pytest.raises(RemoteProtocolError) as caught:
            read_json(data, limit)
        assert caught.value.code == "json_too_large"


@given(st.binary(max_size=200) | st.text('[]{}":,\\u0d8ae1-.', max_size=60).map(str.encode))
def test_nothing_but_a_refusal_can_come_of_rubbish(data: bytes) -> None:
    try:
        value = read_json(data)
    except RemoteProtocolError:
        return
    assert read_json(write_json(value)) == value
