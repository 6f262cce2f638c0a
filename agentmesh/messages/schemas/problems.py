"""What is wrong with data, in words that are ours alone.

An agent reads these outside of a peer's own words: they quote nothing of the data, name only
members that the schema names, and are printable ASCII.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

MAX_PROBLEMS = 32
"""Of one message; at the bound the last one says that there are more."""
MAX_PATH_LETTERS = 200
MAX_WORDS = 200
MAX_VALUE = 100
UNNAMED = "*"
"""Stands in a path for a member whose name the peer chose."""
UNKNOWN = "unknown"


class Problem(msgspec.Struct, frozen=True):
    """One thing that does not fit: where in the payload, what, and by which schema."""

    path: str
    message: str
    schema: str


def problem(path: str, message: str, schema: str) -> Problem:
    """Return a problem within its bounds."""
    return Problem(
        _plain(path, MAX_PATH_LETTERS), _plain(message, MAX_WORDS), _plain(schema, MAX_WORDS)
    )


def bounded(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the first problems, and that there are more."""
    if len(problems) <= MAX_PROBLEMS:
        return tuple(problems)
    kept = problems[: MAX_PROBLEMS - 1]
    return (*kept, problem("$", "There are more problems.", problems[-1].schema))


def path_of(parts: Iterable[str | int], known: frozenset[str], root: str = "$") -> str:
    """Return a place as `$.results[2].price`; names that are not known are not said."""
    written = [root]
    for part in parts:
        if isinstance(part, int):
            written.append(f"[{part}]")
        else:
            written.append(f".{part if part in known else UNNAMED}")
    return "".join(written)


def words_for(keyword: str, wanted: Any) -> str:
    """Return what a schema's keyword asks for."""
    match keyword:
        case "type":
            return f"It has to be of type {_listed(wanted)}."
        case "enum":
            return f"It has to be one of {_listed(wanted)}."
        case "const":
            return f"It has to be {_value(wanted)}."
        case "required":
            return f"It lacks {_listed(wanted)}."
        case _:
            return _SENTENCES.get(keyword, "It does not fit its schema.").format(_value(wanted))


_SENTENCES = {
    "maximum": "It has to be {} at most.",
    "minimum": "It has to be {} at least.",
    "exclusiveMaximum": "It has to be less than {}.",
    "exclusiveMinimum": "It has to be more than {}.",
    "multipleOf": "It has to be a multiple of {}.",
    "maxLength": "It has more than {} letters.",
    "minLength": "It has less than {} letters.",
    "maxItems": "It has more than {} items.",
    "minItems": "It has less than {} items.",
    "maxProperties": "It has more than {} members.",
    "minProperties": "It has less than {} members.",
    "pattern": "It has to match {}.",
    "uniqueItems": "It has the same item twice.",
    "additionalProperties": "It has a member that is not foreseen.",
    "additionalItems": "It has more items than are foreseen.",
    "dependencies": "It lacks a member that goes with another one.",
    "contains": "It has no item of the kind that is asked for.",
    "propertyNames": "It has a member of a name that is not allowed.",
    "anyOf": "It fits none of the forms that are allowed.",
    "oneOf": "It does not fit exactly one of the forms that are allowed.",
    "not": "It fits a form that is not allowed.",
    "false": "Nothing may stand here.",
}


def _listed(wanted: Any) -> str:
    items = wanted if isinstance(wanted, list | tuple) else [wanted]
    shown = ", ".join(_value(item) for item in items[:10])
    return shown if len(items) <= 10 else f"{shown} and others"


def _value(wanted: Any) -> str:
    """Return a value of the schema's, short."""
    if isinstance(wanted, str):
        return wanted if len(wanted) <= MAX_VALUE else wanted[:MAX_VALUE] + "..."
    if isinstance(wanted, dict | list):
        return "a certain value"
    return str(wanted)[:40]


def _plain(text: str, limit: int) -> str:
    plain = "".join(letter if letter.isprintable() else "?" for letter in ascii(text)[1:-1])
    return plain if len(plain) <= limit else plain[: limit - 3] + "..."
