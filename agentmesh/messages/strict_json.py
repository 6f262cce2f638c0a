"""JSON from strangers, without the ambiguities on which two readers disagree.

Refused: duplicate keys, NaN and infinities, integers beyond 64 bits, lone surrogates, nesting
deeper than 32. Whoever reads what passed here, reads the same.
"""

import json
import re
from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any, NoReturn

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol import limits

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_INTEGERS = range(-(2**63), 2**64)
_KEYS = re.compile(rb'"[ \t\n\r]*:')
"""Where a key ends. The same may stand within a text, so there are never fewer than keys."""
_SIMPLE_BYTES = 64 * 1024
_decode_simple: Callable[[bytes], Any] = msgspec.json.Decoder(dict[str, str]).decode
_encode_simple = msgspec.json.Encoder().encode


def read_json(data: bytes, limit: int = limits.MAX_PAYLOAD) -> Json:
    """Return the value of a JSON text, or say what is wrong with it by a `RemoteProtocolError`.

    Its code is `json_too_large`, `json_malformed` (not JSON at all), or `json_ambiguous`.
    """
    if len(data) > limit:
        raise RemoteProtocolError("json_too_large", f"JSON of more than {limit} bytes.")
    simple = _simple(data)
    return _any(data) if simple is None else simple


def _simple(data: bytes) -> Json:
    """Return an object that has nothing but texts in it, or None if it takes a closer look.

    Most payloads are such, and a tenth of the closer look is enough for them.
    """
    if len(data) > _SIMPLE_BYTES or (b"\\" in data and b"\\u" in data):
        return None
    try:
        members: dict[str, Json] = _decode_simple(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if data.count(b'"') == 4 * len(members):  # two around each key and each text: none is left
        return members
    return members if len(members) == len(_KEYS.findall(data)) else None


def _any(data: bytes) -> Json:
    try:
        text = data.decode()
        value: Json = _DECODER.decode(text)
    except RecursionError:
        raise _ambiguous("too deep a nesting") from None
    except ValueError:
        raise RemoteProtocolError("json_malformed", "This is not JSON in UTF-8.") from None
    # Most texts have too few brackets to be deep, and no escape that could be half a character.
    if text.count("{") + text.count("[") > limits.MAX_JSON_DEPTH:
        _check_depth(value)
    if "\\u" in text:
        _check_letters(value)
    return value


def write_json(value: Json) -> bytes:
    """Return the value as compact JSON in UTF-8."""
    if isinstance(value, dict) and all(isinstance(it, str) for it in value.values()):
        return _encode_simple(value)  # the same bytes, at a tenth of the price
    return _ENCODER.encode(value).encode()


def _without_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _ambiguous("a key twice")
    return members


def _no_constant(_name: str) -> NoReturn:
    raise _ambiguous("NaN or an infinity")


def _integer(digits: str) -> int:
    number = int(digits)
    if number not in _INTEGERS:
        raise _ambiguous("a number too large")
    return number


def _float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise _ambiguous("a number too large")
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_without_duplicates,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_no_constant,
)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _check_depth(value: Json) -> None:
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        if depth > limits.MAX_JSON_DEPTH:
            raise _ambiguous("too deep a nesting")
        level = [item for outer in level for item in _inside(outer)]


def _inside(outer: Json) -> Iterable[Json]:
    return outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ()


def _check_letters(value: Json) -> None:
    try:
        write_json(value)
    except UnicodeEncodeError:
        raise _ambiguous("half a character") from None


def _ambiguous(what: str) -> RemoteProtocolError:
    return RemoteProtocolError("json_ambiguous", f"JSON with {what}.")
