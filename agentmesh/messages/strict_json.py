"""JSON from strangers, without the ambiguities on which two readers disagree.

Refused: duplicate keys, NaN and infinities, integers beyond 64 bits, lone surrogates, nesting
deeper than 32. Whoever reads what passed here, reads the same.
"""

import json
from math import isfinite
from typing import NoReturn

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol import limits

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_INTEGERS = range(-(2**63), 2**64)


def read_json(data: bytes, limit: int = limits.MAX_PAYLOAD) -> Json:
    """Return the value of a JSON text, or say what is wrong with it by a `RemoteProtocolError`.

    Its code is `json_too_large`, `json_malformed` (not JSON at all), or `json_ambiguous`.
    """
    if len(data) > limit:
        raise RemoteProtocolError("json_too_large", f"JSON of more than {limit} bytes.")
    try:
        value: Json = json.loads(
            data.decode(), object_pairs_hook=_without_duplicates, parse_constant=_no_constant
        )
    except RecursionError:
        raise _ambiguous("nested too deeply") from None
    except ValueError:
        raise RemoteProtocolError("json_malformed", "This is not JSON in UTF-8.") from None
    _check(value)
    return value


def write_json(value: Json) -> bytes:
    """Return the value as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _without_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _ambiguous("a key twice")
    return members


def _no_constant(_name: str) -> NoReturn:
    raise _ambiguous("NaN or an infinity")


def _check(value: Json) -> None:
    level, depth = [value], 0
    while level:
        inside: list[Json] = []
        for item in level:
            if isinstance(item, dict):
                inside += [*item, *item.values()]
            elif isinstance(item, list):
                inside += item
            else:
                _check_leaf(item)
        depth += any(isinstance(item, dict | list) for item in level)
        if depth > limits.MAX_JSON_DEPTH:
            raise _ambiguous("nested too deeply")
        level = inside


def _check_leaf(leaf: Json) -> None:
    if isinstance(leaf, str):
        try:
            leaf.encode()
        except UnicodeEncodeError:
            raise _ambiguous("half a character") from None
    too_large = isinstance(leaf, int) and leaf not in _INTEGERS
    if too_large or (isinstance(leaf, float) and not isfinite(leaf)):
        raise _ambiguous("a number too large")


def _ambiguous(what: str) -> RemoteProtocolError:
    return RemoteProtocolError("json_ambiguous", f"JSON with {what}.")
