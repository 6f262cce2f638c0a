"""A schema, ready to check data: Draft-07 by `jsonschema`, with a bound on the work.

`jsonschema` is imported when the first schema is used: most commands and messages need none.
What it would leave to Python's regular expressions, or compare with everything else, is done here.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from agentmesh.messages.schemas import document
from agentmesh.messages.schemas.document import Schema
from agentmesh.messages.schemas.names import SchemaId
from agentmesh.messages.schemas.pattern import Pattern
from agentmesh.messages.schemas.problems import (
    MAX_PROBLEMS,
    Problem,
    path_of,
    problem,
    words_for,
)

MAX_WORK = 200_000
"""About a quarter of a second on a slow machine; data that needs more is not checked to its end."""
_KEYWORD_WORK = 10
_MESSAGE_LETTERS = 200

Check = Callable[[Any, Any, Any, Schema], Iterator[Any] | None]


class TooMuchWork(Exception):
    """A check was given up."""


class Compiled:
    """One schema that checks data."""

    def __init__(self, schema_id: SchemaId, text: bytes) -> None:
        self.id = schema_id
        self.document = document.read(schema_id, text)
        _check_form(self.document)
        document.check(self.document)
        self._names = document.names_in(self.document)
        self._meter = _Meter()
        self._validator = _validator(self.document, self._meter)

    def problems(self, value: Any, root: str = "$") -> list[Problem]:
        """Return what does not fit, a few more than are shown at most; `root` is its place."""
        found: list[Problem] = []
        self._meter.left = MAX_WORK
        try:
            for error in self._validator.iter_errors(value):
                found += [self._problem(it, root) for it in _nearest(error)]
                if len(found) > MAX_PROBLEMS:
                    break
        except (TooMuchWork, RecursionError, ArithmeticError):
            found.append(problem(root, "It is too large to be checked to its end.", str(self.id)))
        return found

    def _problem(self, error: Any, root: str) -> Problem:
        keyword = error.validator or "false"
        wanted = error.message if keyword == "required" else error.validator_value
        place = path_of(error.absolute_path, self._names, root)
        return problem(place, words_for(keyword, wanted), str(self.id))


def _nearest(error: Any) -> list[Any]:
    """Return the errors in the one form that was meant, where the kind of value tells which."""
    if error.validator not in {"anyOf", "oneOf"}:
        return [error]
    forms: dict[Any, list[Any]] = {}
    for inside in error.context:
        forms.setdefault(inside.relative_schema_path[0], []).append(inside)
    meant = [errors for errors in forms.values() if not any(map(_is_of_other_kind, errors))]
    return [it for inside in meant[0] for it in _nearest(inside)] if len(meant) == 1 else [error]


def _is_of_other_kind(error: Any) -> bool:
    return error.validator == "type" and not error.relative_path


class _Meter:
    """Counts work, and says when it is too much."""

    def __init__(self) -> None:
        self.left = MAX_WORK

    def spend(self, work: int) -> None:
        self.left -= work
        if self.left < 0:
            raise TooMuchWork


def _check_form(schema: Schema) -> None:
    """Say what is wrong with a schema as such."""
    for error in _meta_validator().iter_errors(schema):
        place = "".join(f"/{part}" for part in error.absolute_path)
        raise document.invalid(place, words_for(error.validator or "false", error.validator_value))


@lru_cache(maxsize=1)
def _meta_validator() -> Any:
    from jsonschema import Draft7Validator  # noqa: PLC0415 - slow, and mostly not needed
    from referencing import Registry  # noqa: PLC0415

    return Draft7Validator(Draft7Validator.META_SCHEMA, registry=Registry())


def _validator(schema: Schema, meter: _Meter) -> Any:
    from jsonschema import Draft7Validator, validators  # noqa: PLC0415 - as above
    from referencing import Registry  # noqa: PLC0415

    ours = _Keywords(document.patterns(schema), meter).table()
    checks = {**Draft7Validator.VALIDATORS, **ours}
    metered = {name: _metered(check, meter) for name, check in checks.items()}
    extend: Any = validators.extend
    kind = extend(Draft7Validator, metered)
    # A registry of its own has no way to fetch anything.
    return kind(schema, registry=Registry())


def _metered(check: Check, meter: _Meter) -> Check:
    def checked(validator: Any, wanted: Any, value: Any, schema: Schema) -> Iterator[Any]:
        meter.spend(_KEYWORD_WORK)
        errors = check(validator, wanted, value, schema)
        for error in errors if errors is not None else ():
            meter.spend(_KEYWORD_WORK + len(error.message) // 100)
            error.message = error.message[:_MESSAGE_LETTERS]  # it may quote the data, over and over
            yield error

    return checked


class _Keywords:
    """The keywords whose checks are ours."""

    def __init__(self, patterns: Mapping[str, Pattern], meter: _Meter) -> None:
        self._patterns = patterns
        self._meter = meter

    def table(self) -> dict[str, Check]:
        """Return them by name."""
        return {
            "required": _required,
            "pattern": self._pattern,
            "patternProperties": self._pattern_properties,
            "additionalProperties": self._additional_properties,
            "uniqueItems": self._unique_items,
        }

    def _pattern(self, _: Any, wanted: str, value: Any, __: Schema) -> Iterator[Any]:
        if isinstance(value, str) and not self._fits(wanted, value):
            yield _error("")

    def _pattern_properties(
        self, validator: Any, wanted: Schema, value: Any, _: Schema
    ) -> Iterator[Any]:
        for text, schema in wanted.items() if isinstance(value, dict) else ():
            for name, inside in value.items():
                if self._fits(text, name):
                    yield from validator.descend(inside, schema, path=name)

    def _additional_properties(
        self, validator: Any, wanted: Any, value: Any, schema: Schema
    ) -> Iterator[Any]:
        if not isinstance(value, dict):
            return
        named, texts = schema.get("properties", {}), schema.get("patternProperties", {})
        others = [name for name in value if name not in named]
        extras = [name for name in others if not any(self._fits(text, name) for text in texts)]
        if wanted is False and extras:
            yield _error("")
        elif wanted is not False:
            for name in extras:
                yield from validator.descend(value[name], wanted, path=name)

    def _unique_items(self, _: Any, wanted: bool, value: Any, __: Schema) -> Iterator[Any]:  # noqa: FBT001
        if not wanted or not isinstance(value, list):
            return
        self._meter.spend(len(value))
        if len({_as_text(item) for item in value}) != len(value):
            yield _error("")

    def _fits(self, text: str, value: str) -> bool:
        return self._patterns[text].fits(value, self._meter.spend)


def _required(_: Any, wanted: list[str], value: Any, __: Schema) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in wanted:
            if name not in value:
                yield _error(name)


def _error(message: str) -> Any:
    from jsonschema import ValidationError  # noqa: PLC0415 - as above

    return ValidationError(message)


def _as_text(value: Any) -> str:
    """Return the same text for what JSON Schema calls equal: 1 and 1.0 are, 1 and true are not."""
    return json.dumps(_with_plain_numbers(value), sort_keys=True)


def _with_plain_numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_with_plain_numbers(item) for item in value]
    if isinstance(value, dict):
        return {name: _with_plain_numbers(item) for name, item in value.items()}
    return value
