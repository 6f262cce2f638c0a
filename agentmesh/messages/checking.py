"""Whether a message says what its type and its schema promise.

Which schema: a `response` names it in `schema`, for `results`. A `request` names it in `schema`,
for `parameters`; where it does not, its intent does, if that is the name of a schema (without a
version: version 1). Any other object of data names it in `schema`, for all the rest of it.
"""

from functools import lru_cache

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.payloads import PAYLOADS
from agentmesh.messages.schemas.catalogue import Catalogue
from agentmesh.messages.schemas.compiled import Compiled
from agentmesh.messages.schemas.names import SchemaId, parse
from agentmesh.messages.schemas.problems import UNKNOWN, Problem, bounded, problem
from agentmesh.messages.strict_json import Json, read_json

_NAMED_PLACES = {"request": "parameters", "response": "results"}
_NEVER_CHECKED = {"error", "close", "tombstone"}
_payload_of = {kind: msgspec.json.Decoder(type_).decode for kind, type_ in PAYLOADS.items()}


class Checked(msgspec.Struct, frozen=True):
    """What does not fit. A schema that is not known is worth a word, and no reason to refuse."""

    problems: tuple[Problem, ...] = ()
    is_known: bool = True

    @property
    def is_invalid(self) -> bool:
        """Whether a strict reader refuses the message."""
        return bool(self.problems) and self.is_known


class Named(msgspec.Struct, frozen=True):
    """The schema that a payload names, if it is an id, and what it is for: a value and its place.

    `at` is the place of the name itself.
    """

    id: SchemaId | None
    value: Json
    root: str
    at: str


def may_name_schema(kind: str) -> bool:
    """Whether there is more to check in a message of this type than that it fits its type."""
    return kind in _NAMED_PLACES or kind not in PAYLOADS


def check(kind: str, payload: bytes, catalogue: Catalogue) -> Checked:
    """Return what is wrong with a message. An `error` is not looked at: nobody answers one.

    That its payload is JSON without ambiguities was seen to when it came, or was made.
    """
    if kind in _NEVER_CHECKED or (not may_name_schema(kind) and _fits(kind, payload)):
        return Checked()
    try:
        value = read_json(payload)
    except RemoteProtocolError:
        return Checked((problem("$", "It is no JSON.", str(_type_id(kind))),))
    if wrong := _by_type(kind, value):
        return Checked(wrong)
    named = schema_of(kind, value, catalogue)
    if named is None:
        return Checked()
    if named.id is None or named.id not in catalogue:
        unknown = problem(named.at, "This schema is not known here.", UNKNOWN)
        return Checked((unknown,), is_known=False)
    return Checked(bounded(catalogue.problems(named.id, named.value, named.root)))


def schema_of(kind: str, value: Json, catalogue: Catalogue) -> Named | None:
    """Return the schema that a payload names, and for what; None if it names none."""
    if not isinstance(value, dict):
        return None
    name = value.get("schema")
    place = _NAMED_PLACES.get(kind)
    if place is None:
        if kind in PAYLOADS or not isinstance(name, str) or parse(name) is None:
            return None  # to somebody else's data, `schema` may mean anything
        rest: dict[str, Json] = {key: item for key, item in value.items() if key != "schema"}
        return Named(parse(name), rest, "$", "$.schema")
    inside = value.get(place, {})
    if isinstance(name, str) and name:
        return Named(parse(name), inside, f"$.{place}", "$.schema")
    asked = _asked(value.get("intent")) if kind == "request" else None
    return Named(asked, inside, "$.parameters", "$.intent") if asked in catalogue else None


def _asked(intent: Json) -> SchemaId | None:
    if not isinstance(intent, str):
        return None
    return parse(intent) or parse(f"{intent}/v1")


# --- types of messages --------------------------------------------------------------------------


def _fits(kind: str, payload: bytes) -> bool:
    """Whether a payload fits its type: nearly all do, and then that is all there is to say."""
    try:
        _payload_of[kind](payload)
    except msgspec.MsgspecError:
        return False
    return True


def _by_type(kind: str, value: Json) -> tuple[Problem, ...]:
    if kind not in PAYLOADS:
        return ()
    try:
        msgspec.convert(value, PAYLOADS[kind])
    except msgspec.ValidationError:
        found = _schema_of_type(kind).problems(value)
        general = problem("$", "It does not fit its type.", str(_type_id(kind)))
        return bounded(found) or (general,)
    return ()


@lru_cache(maxsize=len(PAYLOADS))
def _schema_of_type(kind: str) -> Compiled:
    return Compiled(_type_id(kind), msgspec.json.encode(msgspec.json.schema(PAYLOADS[kind])))


def _type_id(kind: str) -> SchemaId:
    return SchemaId(f"message/{kind}" if kind in PAYLOADS else "message/data", 1)
